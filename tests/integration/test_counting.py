"""One replay's calls, counted in the real services."""

import json
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.measure.armed import armed, count
from lab.measure.measurement import Awaited, Counted, Counts
from lab.settings import Settings
from lab.stack import containers
from lab.traces import arrival
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Trace
from lab.traffic.gateway import forced_traceparent
from lab.traffic.replay import Replayer
from services.telemetry.armed import FILE, TOKEN_HEADER
from services.telemetry.conventions import SERVICES

pytestmark = pytest.mark.integration

# Quick, but with all stages.
BODY = {
    "question": "How do I sort a dictionary by its values?",
    "user_id": "counted",
    "top_k": 2,
    "model": "gpt-4o-mini",
}
ARRIVAL_S = 20
PROBE = Path(__file__).with_name("counting_probe.py")


@dataclass(frozen=True)
class Replayed:
    """One counted replay, its trace, and how long it took, and those before and after it."""

    counts: Counts
    trace: Trace
    counted_s: float
    plain_s: float

    def function(self, service: str, span: str, name: str) -> Counted:
        (found,) = (
            one
            for one in self.counts.functions
            if (one.service, one.span, one.function) == (service, span, name)
        )
        return found

    def awaited(self, span: str, function: str) -> list[Awaited]:
        return [
            one
            for one in self.counts.awaited
            if (one.service, one.span) == ("gateway", span)
            and function in [frame.function for frame in one.stack]
        ]

    def duration_ms(self, name: str) -> float:
        return next(span.duration_ms for span in self.trace.spans if span.name == name)


@pytest.fixture(scope="module")
def replayed(lab: Settings) -> Replayed:
    """The query, as it is, counted, and as it is."""
    took_s: list[tuple[str, float]] = []
    with Replayer(lab, 5.0) as replayer:

        def send(trace_id: str | None = None) -> None:
            made = replayer.send(BODY, trace_id)
            took_s.append((made.trace_id, made.duration_s))

        send()
        counted = count(lab, send)
        send()
    trace_id = took_s[1][0]
    with Jaeger(lab.url("jaeger")) as jaeger:
        arrival.wait(jaeger, [trace_id], 1, ARRIVAL_S, lambda _: None)
        trace = jaeger.trace(trace_id)
    assert trace is not None
    return Replayed(counted, trace, took_s[1][1], max(took_s[0][1], took_s[2][1]))


@pytest.fixture(scope="module")
def probed(lab: Settings) -> Mapping[str, Any]:
    """What tests/integration/counting_probe.py found in a container; off after each probe."""
    source = PROBE.read_text(encoding="utf-8")
    done = containers.execute(lab, "gateway", ["python", "-c", source])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [name for name, one in found.items() if not one["off"]] == []
    return {name: one["result"] for name, one in found.items()}


def is_counting(settings: Settings) -> list[str]:
    """The services that watch calls now, as they tell themselves."""
    return [
        service
        for service in SERVICES
        if containers.get_json(settings, service, "/telemetry")["counting"]
    ]


def gateway_counts(settings: Settings) -> bool:
    """Whether the gateway watches calls now."""
    told = httpx.get(f"{settings.url('gateway')}/telemetry", trust_env=False)
    return told.json()["counting"] is True


def test_the_functions_of_all_services_are_counted(replayed: Replayed) -> None:
    """Called once: once, in its span; called for each candidate: so often, all different."""
    assert replayed.counts.gaps == {}
    serialized = replayed.function("generator", "serialize_prompt", "serialize_prompt")
    assert serialized.calls == 1
    assert serialized.caller == "Generator.generate"
    assert serialized.file == "services/generator/prompt.py"
    aligned = replayed.function("retriever", "score", "alignment")
    (score,) = (span for span in replayed.trace.spans if span.name == "score")
    assert aligned.calls == aligned.distinct_arguments == score.attributes["passages"]
    assert aligned.caller == "score"
    assert replayed.function("gateway", "POST /query", "Pipeline.answer").calls == 1


def test_library_functions_are_counted_where_our_code_calls_them(replayed: Replayed) -> None:
    """Those have a caller of ours, and no arguments."""
    selected = replayed.function("retriever", "load_passages", "select")
    assert selected.file.startswith("sqlalchemy/")
    assert (selected.caller, selected.calls) == ("Documents._load", 1)
    assert selected.distinct_arguments is None


def test_c_functions_are_counted(replayed: Replayed) -> None:
    """Compressing the answer for the cache is one call in C, in the gateway's worker thread."""
    (compressed,) = (
        one
        for one in replayed.function("gateway", "cache", "_pack").builtins
        if one.callee == "zlib.compress"
    )
    assert compressed.calls == 1
    assert compressed.total_ms > 0


@pytest.mark.parametrize("stage", ["retrieve", "rerank", "generate"])
def test_awaiting_coroutines_are_named(replayed: Replayed, stage: str) -> None:
    """A stage's span waits in the call to its service: while that works, and no longer than the
    span lasts.
    """
    found = replayed.awaited(stage, "Upstream._try")
    assert all("Upstream.post" in [frame.function for frame in one.stack] for one in found)
    waited_ms = sum(one.waited_ms for one in found)
    assert waited_ms > 0.8 * replayed.duration_ms(f"POST /{stage}") - 30
    assert waited_ms < 1.1 * replayed.duration_ms(stage) + 30


def test_a_counted_query_is_not_much_slower(replayed: Replayed) -> None:
    """Below three times the time, however busy this machine is meanwhile, and below 20 s."""
    assert replayed.counted_s < min(3 * replayed.plain_s + 1, 20)


def test_nothing_is_counted_afterwards(lab: Settings, replayed: Replayed) -> None:
    """Nothing is armed, and no service watches its calls."""
    assert not (lab.control_dir / FILE).exists()
    assert is_counting(lab) == []


def test_a_client_that_goes_away_ends_the_counting(lab: Settings) -> None:
    """The armed request's connection is closed at once: counted to its end, then off."""
    trace_id = secrets.token_hex(16)
    body = json.dumps(BODY).encode()
    head = (
        "POST /query HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n"
        f"Cache-Control: no-cache\r\nContent-Length: {len(body)}\r\n"
        f"traceparent: {forced_traceparent(trace_id)}\r\n\r\n"
    )
    with armed(lab, trace_id, lambda _: None) as token:
        with socket.create_connection(("127.0.0.1", lab.port("gateway")), 5) as client:
            client.sendall(head.encode() + body)
        wait_for(lambda: gateway_counts(lab))
        headers = {TOKEN_HEADER: token}
        told = containers.get_json(lab, "gateway", f"/counted/{trace_id}", 40, headers)
    assert told["requests"] == 1
    wait_for(lambda: not is_counting(lab))


def test_a_request_that_is_not_armed_is_not_counted(lab: Settings) -> None:
    """While another trace is armed, nothing is watched for this one."""
    other = "ab" * 16
    with armed(lab, other, lambda _: None) as token, Replayer(lab, 5.0) as replayer:
        made = replayer.send(BODY)
    for asked in (made.trace_id, other):
        headers = {TOKEN_HEADER: token}
        told = containers.get_json(lab, "gateway", f"/counted/{asked}", 10, headers)
        assert told["status"] == 404


def test_c_calls_have_a_name_a_line_and_a_time(probed: Mapping[str, Any]) -> None:
    """Three naps of 20 ms are 60 ms in `time.sleep`, and hardly use the processor."""
    nap = next(one for one in probed["counts"] if one["function"] == "nap")
    assert (nap["calls"], nap["distinct_arguments"], nap["caller"]) == (3, 1, "work")
    (slept,) = nap["builtins"]
    assert (slept["callee"], slept["calls"]) == ("time.sleep", 3)
    assert 60 <= slept["total_ms"] < 200
    assert slept["cpu_ms"] < 20


def test_what_was_stopped_is_counted_by_the_next(probed: Mapping[str, Any]) -> None:
    """The limit of one session doesn't outlast it."""
    assert probed["counts_again"] == [2, 4]


def test_other_threads_and_traces_are_left_out(probed: Mapping[str, Any]) -> None:
    """Of three calls at the same time one is the trace's."""
    assert (probed["leaves_others_out"]["work"], probed["leaves_others_out"]["nap"]) == (1, 1)


def test_the_waits_of_other_tasks_are_left_out(probed: Mapping[str, Any]) -> None:
    """Of two tasks that sleep one is the trace's; its chain of coroutines is told."""
    (waited,) = probed["sees_waits"]
    functions = [function for function, _, _ in waited["stack"]]
    assert functions == ["sees_waits", "sees_waits.<locals>.waits", "sleep"]
    assert waited["waited_ms"] == pytest.approx(200, abs=60)


def test_counting_that_fails_breaks_nothing(probed: Mapping[str, Any]) -> None:
    """The work is done, and the result says that it is incomplete."""
    assert probed["fails_quietly"] == {
        "done": 2,
        "incomplete": "counting failed with TypeError",
    }


def test_deep_recursion_is_not_cut_short(probed: Mapping[str, Any]) -> None:
    """Counting takes none of the depth that the code may have, and gives the limit back."""
    assert probed["keeps_depth"]["during"] >= probed["keeps_depth"]["before"]
    assert probed["keeps_depth"]["restored"]


def test_another_tool_is_left_alone(probed: Mapping[str, Any]) -> None:
    """A free tool id is taken; where there is none, that is said."""
    assert probed["finds_a_free_id"]["calls"]["nap"] == 1
    assert probed["finds_a_free_id"]["other"] == "coverage"
    assert probed["says_why_not"]["done"] == 1
    assert "no free tool id" in probed["says_why_not"]["not_counted"]


def test_counting_ends_in_time(probed: Mapping[str, Any]) -> None:
    """Even while the event loop is blocked."""
    assert probed["ends_in_time"] == {"off": True, "incomplete": "counting stopped after 0.05 s"}


def test_counting_ends_with_the_last_request(probed: Mapping[str, Any]) -> None:
    """Requests that raise, and one that is cancelled; what they raise is not changed."""
    assert probed["ends_with_the_request"] == {
        "on": [True, True, True],
        "raised": ["LookupError", "LookupError"],
        "open": True,
        "off": True,
    }


def wait_for(happens: Any, timeout_s: float = 30) -> None:
    """Ask again and again."""
    until_s = time.monotonic() + timeout_s
    while not happens():
        assert time.monotonic() < until_s, "it didn't happen in time"
        time.sleep(0.1)
