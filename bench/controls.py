"""Requests of a healthy lab for which nobody may be blamed, each with a reason to be tempted."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import yaml

from lab.console import Steps, err
from lab.settings import Settings
from lab.stack import containers
from lab.stack import lifecycle as stack
from lab.traces import arrival
from lab.traces.jaeger import Jaeger
from lab.traffic import scenario
from lab.traffic import send as traffic
from lab.traffic.gateway import forced_traceparent
from lab.traffic.scenario import Request

ARRIVAL_S = 25.0
ASK_TIMEOUT_S = 60.0
# A few per cent: the latency of a real provider varies by more, a stand-in's not at all.
SLOWER = 1.03


@dataclass(frozen=True)
class Control:
    """A request to profile. ``around`` is what holds meanwhile: other users, a slower provider."""

    name: str
    request: Request
    is_cached: bool = False
    around: Callable[[Settings], Any] = lambda _: nullcontext()


def controls() -> tuple[Control, ...]:
    """Twelve of them; requests other than the mystery query have no reference of their own."""
    mystery = scenario.mystery()
    questions = scenario.questions()
    other = [
        Request(questions[number], f"u{number}", top_k, model, no_cache=True)
        for number, top_k, model in ((3, 5, "gpt-4"), (41, 5, "gpt-4o"), (99, 20, "gpt-4o-mini"))
    ]
    return (
        Control("nothing", mystery),
        Control("nothing, again", mystery),
        Control("other question", other[0]),
        Control("other question and model", other[1]),
        Control("other question, top_k 20", other[2]),
        Control("top_k 2", replace(mystery, top_k=2)),
        Control("top_k 10", replace(mystery, top_k=10)),
        Control("half the question", replace(mystery, question=_half(mystery.question))),
        Control("cached", replace(mystery, no_cache=False), is_cached=True),
        Control("cached, other question", replace(other[0], no_cache=False), is_cached=True),
        Control("provider 3 % slower", mystery, around=_slower_provider),
        Control("other users meanwhile", mystery, around=_other_users),
    )


def ask(settings: Settings, control: Control) -> str:
    """Send the control's request, kept; its trace id once the trace has arrived whole."""
    trace_id = _send(settings, control.request)
    if control.is_cached:
        trace_id = _send(settings, control.request)
    with Jaeger(settings.url("jaeger")) as jaeger:
        if control.is_cached:
            _wait_for_any(jaeger, trace_id)
        else:
            arrival.wait(jaeger, [trace_id], 1, ARRIVAL_S, lambda _: None)
    return trace_id


def _half(question: str) -> str:
    words = question.split()
    return " ".join(words[: len(words) // 2])


def _send(settings: Settings, request: Request) -> str:
    traceparent = forced_traceparent()
    headers = {"traceparent": traceparent}
    if request.no_cache:
        headers["Cache-Control"] = "no-cache"
    url = f"{settings.url('gateway')}/query"
    with httpx.Client(timeout=ASK_TIMEOUT_S, trust_env=False) as client:
        client.post(url, json=request.body(), headers=headers).raise_for_status()
    return traceparent.split("-")[1]


def _wait_for_any(jaeger: Jaeger, trace_id: str) -> None:
    done = threading.Event()
    for _ in range(int(ARRIVAL_S)):
        if jaeger.trace(trace_id) is not None:
            return
        done.wait(1)


@contextmanager
def _slower_provider(settings: Settings) -> Iterator[None]:
    overlay = {"services": {"providers": {"environment": {"LATENCY_SCALE": str(SLOWER)}}}}
    quiet = Steps(err)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "overlay.yaml"
        file.write_text(yaml.safe_dump(overlay))
        stack.up(replace(settings, overlays=(*settings.overlays, file)), quiet)
        containers.container(settings, "providers")
        yield
    stack.up(settings, quiet)


@contextmanager
def _other_users(settings: Settings) -> Iterator[None]:
    """One query a second of others, none of them sampled on purpose; stops by itself."""
    plan = traffic.prepare(scenario_name="cold", requests=120, rate=1.0, seed=7)
    sending = threading.Thread(target=lambda: traffic.run(settings, plan, lambda *_: None))
    sending.start()
    try:
        yield
    finally:
        sending.join()
