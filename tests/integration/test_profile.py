"""`invoke profile` on real containers: a real recording of the mystery query, and what can fail."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from docker.models.containers import Container

from lab.measure import measurement_json, pyspy
from lab.measure.collect import collect
from lab.measure.measurement import Measurement, SpanCost
from lab.measure.sidecar import ROLE, ROLE_LABEL
from lab.profile import reference
from lab.run import Completed
from lab.settings import ROOT, Settings
from lab.stack import containers
from lab.traces import arrival
from lab.traces.jaeger import Jaeger
from lab.traffic.gateway import forced_traceparent
from lab.traffic.mystery import send_mystery
from services.gateway.cache import request_key
from services.telemetry.conventions import SERVICES
from tests.integration.support import Invoke

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"
ARRIVAL_S = 20
SIDECAR_S = 30


@dataclass(frozen=True)
class Profiled:
    """One `invoke profile --json` and what it left."""

    done: Completed
    document: dict[str, Any]

    def artifact(self, kind: str) -> bytes:
        """The content of one of the report's files."""
        return Path(self.document["artifacts"][kind]).read_bytes()

    @property
    def measurement(self) -> Measurement:
        """What the report was made from."""
        return measurement_json.loads(self.artifact("measurement"))

    def cost(self, name: str) -> SpanCost:
        """What a span costs."""
        return next(one for one in self.measurement.spans if one.name == name)


def sidecars(settings: Settings) -> list[Container]:
    """The lab's sidecars, running or not."""
    found = containers.all_containers(settings)
    return [one for one in found if one.labels.get(ROLE_LABEL) == ROLE]


def reports() -> set[Path]:
    """The reports there are, unfinished ones too."""
    folder = Settings().reports_dir
    return set(folder.iterdir()) if folder.exists() else set()


def sent_mystery(settings: Settings) -> str:
    """Send the mystery query and wait for its trace."""
    trace_id = send_mystery(settings)
    with Jaeger(settings.url("jaeger")) as jaeger:
        arrival.wait(jaeger, [trace_id], 1, ARRIVAL_S, lambda _: None)
    return trace_id


@pytest.fixture(autouse=True, scope="module")
def tidy() -> Iterator[None]:
    """Remove the reports that these tests make."""
    before = reports()
    yield
    for made in reports() - before:
        shutil.rmtree(made)


@pytest.fixture(scope="module")
def healthy(lab: Settings, invoke_lab: Invoke) -> Measurement:
    """The reference that `invoke reference` records."""
    done = invoke_lab("reference")
    assert done.exit_code == 0, done.stderr
    kept = reference.load(lab)
    assert kept.measurement is not None, kept.why_not
    return kept.measurement


@pytest.fixture(scope="module")
def profiled(lab: Settings, invoke_lab: Invoke, healthy: Measurement) -> Profiled:
    """`invoke profile --json` with nothing injected, told to look at half a minute."""
    assert healthy.replays > 1
    sent_mystery(lab)
    done = invoke_lab("profile", "--json", "--since", "30s")
    assert done.exit_code == 0, done.stderr
    return Profiled(done, json.loads(done.stdout))


@pytest.mark.parametrize("service", SERVICES)
def test_py_spy_reads_every_service(lab: Settings, service: str) -> None:
    """A sidecar with SYS_PTRACE alone reads an unprivileged, non-root service, and is gone then."""
    found = pyspy.can_attach(lab, service)
    assert found.pid > 1
    assert found.threads > 1
    assert sidecars(lab) == []


def test_with_nothing_injected_no_function_is_blamed(profiled: Profiled) -> None:
    """The slowest span is openai.generate, the provider's own time; rerank's CPU is listed."""
    slowest, verdict = profiled.document["slowest_span"], profiled.document["verdict"]
    assert (slowest["name"], slowest["service"]) == ("openai.generate", "generator")
    assert slowest["self_ms"] > 3000
    assert slowest["share"] > 0.6
    assert slowest["ahead_of_next_ms"] > 1000
    assert (verdict["cause"], verdict["function"]) == ("none", None)
    by_span = {one["span"]: one for one in profiled.document["contributors"]}
    assert by_span["score"]["service"] == "retriever"
    assert not by_span["score"]["avoidable_ms"]
    assert profiled.document["reference"]["of_same_request"]


def test_what_every_span_costs_is_measured(profiled: Profiled) -> None:
    """Numbers from the spans, stacks from the samples, and the two agree."""
    generate, score = profiled.cost("openai.generate"), profiled.cost("score")
    assert len(generate.own_ms) == profiled.measurement.replays >= 2
    assert sum(generate.stacks.values()) == pytest.approx(
        sum(generate.own_ms) / len(generate.own_ms), rel=0.1
    )
    assert any(frame.function == "_call" for stack in generate.stacks for frame in stack)
    assert generate.tokens["llm.prompt_tokens"] == 1850
    assert score.cpu_ms is not None
    assert min(score.cpu_ms) > 100
    assert any(frame.function == "alignment" for stack in score.stacks for frame in stack)
    assert set(profiled.measurement.error_ms) == set(SERVICES)


def test_calls_are_counted_in_every_service(profiled: Profiled) -> None:
    """One more replay tells how often each function ran, and in which span."""
    counts = profiled.measurement.counts
    assert counts is not None
    assert counts.gaps == {}
    calls = {(one.span, one.function): one.calls for one in counts.functions}
    assert calls["score", "alignment"] > 20
    assert calls["serialize_prompt", "serialize_prompt"] == 1


def test_the_flame_graph_is_py_spys_own_and_names_our_functions(profiled: Profiled) -> None:
    """profile.svg is a well-formed SVG whose frames name functions of the services' code."""
    root = ElementTree.fromstring(profiled.artifact("flamegraph"))  # noqa: S314 - our own file
    assert root.tag == f"{SVG}svg"
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert any(title.startswith("_call (services/generator/") for title in titles)


def test_the_speedscope_file_has_a_profile_for_each_span(profiled: Profiled) -> None:
    """profile.speedscope.json holds the stacks of the spans in the format's shape."""
    document = json.loads(profiled.artifact("speedscope"))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in document["shared"]["frames"]]
    by_name = {profile["name"]: profile for profile in document["profiles"]}
    seen = {names[i] for stack in by_name["openai.generate (generator)"]["samples"] for i in stack}
    assert {"generate_response", "_call"} <= seen


def test_the_report_opens_by_itself(profiled: Profiled) -> None:
    """report.html holds all it needs: nothing is loaded from anywhere."""
    page = profiled.artifact("report").decode()
    assert "openai.generate" in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", page)


def test_the_analysis_is_written_for_a_reader(profiled: Profiled) -> None:
    """bottleneck_analysis.md names span, verdict, hypothesis, evidence and next step."""
    told = profiled.artifact("analysis").decode()
    assert "**Slowest span**: `openai.generate` in generator" in told
    assert "**Verdict**: no bottleneck" in told
    for part in ("Root-cause hypothesis", "Evidence", "Next step", "How this was measured"):
        assert f"## {part}\n" in told
    assert json.loads(profiled.artifact("profile")) == profiled.document


def test_a_fault_in_another_service_than_the_slowest_is_found(
    lab: Settings, invoke_lab: Invoke, healthy: Measurement
) -> None:
    """What is slow is the provider, what can be mended is in the retriever: both are told."""
    assert healthy.replays > 1
    invoke_lab("inject", "document_pool")
    try:
        trace_id = sent_mystery(lab)
        done = invoke_lab("profile", "--json", "--trace-id", trace_id)
    finally:
        invoke_lab("heal")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["slowest_span"]["name"] == "openai.generate"
    verdict = found["verdict"]
    assert (verdict["cause"], verdict["span"]) == ("pool_wait", "load_passages")
    assert verdict["file"].startswith("services/retriever/")


def test_of_a_request_too_quick_for_sampling_it_is_said(lab: Settings, invoke_lab: Invoke) -> None:
    """An answer from the cache takes some 10 ms: there is a report, and it blames nobody."""
    question = {"question": "What does functools.cache keep?", "user_id": "u1", "top_k": 3}
    with httpx.Client(base_url=lab.url("gateway"), trust_env=False, timeout=30) as client:
        for _ in range(2):
            traceparent = forced_traceparent()
            answer = client.post("/query", json=question, headers={"traceparent": traceparent})
    assert answer.json()["cached"]
    trace_id = traceparent.split("-")[1]
    with Jaeger(lab.url("jaeger")) as jaeger:
        collect(jaeger.trace, [trace_id], lambda _: True)
    done = invoke_lab("profile", "--json", "--trace-id", trace_id)
    assert done.exit_code == 0, done.stderr
    verdict = json.loads(done.stdout)["verdict"]
    assert (verdict["cause"], verdict["function"]) == ("none", None)
    assert "can't be explained by sampling" in verdict["hypothesis"]


def test_nothing_is_left_running(lab: Settings, profiled: Profiled) -> None:
    """After the profile there is no sidecar, and stdout held the document alone."""
    assert profiled.done.stdout.startswith("{")
    assert sidecars(lab) == []


def test_a_request_no_longer_kept_is_told(lab: Settings, invoke_lab: Invoke) -> None:
    """Without the request nothing can be replayed: exit code 1 and what to do."""
    trace_id = sent_mystery(lab)
    containers.execute(lab, "redis", ["redis-cli", "del", request_key(trace_id)])
    before = reports()
    refused = invoke_lab("profile", "--trace-id", trace_id)
    assert refused.exit_code == 1
    assert "no longer kept" in refused.stderr
    assert "invoke traffic" in refused.stderr
    assert reports() == before


def test_a_failed_replay_leaves_nothing_behind(restored: Settings, invoke_lab: Invoke) -> None:
    """With the provider dead the replay's status is told; no report, no sidecar."""
    trace_id = sent_mystery(restored)
    containers.container(restored, "providers").kill()
    before = reports()
    failed = invoke_lab("profile", "--trace-id", trace_id)
    assert failed.exit_code == 1
    assert "the replay failed: HTTP 50" in failed.stderr
    assert reports() == before
    assert sidecars(restored) == []


def test_an_interrupted_profile_leaves_nothing_behind(lab: Settings) -> None:
    """Ctrl-C while py-spy records: the sidecars, which had SYS_PTRACE alone, are gone."""
    trace_id = sent_mystery(lab)
    before = reports()
    identity = {"TRACELAB_NAME": lab.name, "TRACELAB_PORT_OFFSET": str(lab.port_offset)}
    profile = subprocess.Popen(
        [Path(sys.executable).with_name("invoke"), "profile", "--trace-id", trace_id],
        env={**os.environ, **identity},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        sidecar = started(lab)
        host = sidecar.attrs["HostConfig"]
        assert (host["CapAdd"], host["CapDrop"]) == (["SYS_PTRACE"], ["ALL"])
        assert (host["NetworkMode"], host["Privileged"]) == ("none", False)
        assert sidecar.attrs["Mounts"] == []
        time.sleep(1)
        profile.send_signal(signal.SIGINT)
        told, _ = profile.communicate(timeout=SIDECAR_S)
    finally:
        profile.kill()
        profile.wait()
    assert profile.returncode == 130, told
    assert sidecars(lab) == []
    assert reports() == before
    for service in SERVICES:
        assert pyspy.can_attach(lab, service).threads > 1


def started(settings: Settings) -> Container:
    """The sidecar, once it runs."""
    ends_s = time.monotonic() + SIDECAR_S
    while time.monotonic() < ends_s:
        for found in sidecars(settings):
            if found.status == "running":
                return found
        time.sleep(0.1)
    pytest.fail(f"no sidecar ran within {SIDECAR_S} s")
