"""One request measured: replayed while every service it touches is recorded, then counted."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError
from lab.measure import armed, collect, costs, pyspy, recordings, stacks
from lab.measure.alignment import Aligned, align
from lab.measure.attribution import Seen, attribute, background, stacks_of, union
from lab.measure.costs import Replayed
from lab.measure.measurement import Background, Counts, Measurement, Request
from lab.settings import Settings
from lab.stack.containers import container
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Place, Trace
from lab.traffic import replay
from lab.traffic.replay import Replay, Replayer
from services.telemetry.conventions import SERVICES

SECONDS = 10
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to replay and how.

    ``services`` are those that the request touches. It is replayed for ``seconds`` and at least
    ``least`` times (lab.traffic.replay.fill). Its traces have so many ``roots``.
    """

    body: Mapping[str, Any]
    services: Sequence[str] = SERVICES
    use_cache: bool = False
    seconds: float = SECONDS
    least: int = replay.LEAST_REPLAYS
    roots: int = 1


@dataclass(frozen=True)
class Captured:
    """A measurement and what it was made from: replays, their traces, recordings by service.

    ``not_counted`` tells why the measurement has no counts, None where it has them.
    """

    measurement: Measurement
    replays: tuple[Replay, ...]
    traces: tuple[Trace, ...]
    aligned: Mapping[str, Aligned]
    not_counted: str | None = None


def measure(settings: Settings, plan: Plan, replayer: Replayer, tell: Tell) -> Captured:
    """Replay a request one at a time under py-spy, then once more to count what runs in it.

    Raises LabError where a replay fails, py-spy can't record or the traces don't arrive,
    UnavailableError where a part of the lab isn't there. No sidecar is left then either. Where the
    counted replay alone fails, there are no counts.
    """
    recorded, replays = record(settings, plan, replayer, tell)
    counts, not_counted = count(settings, plan, replayer, tell)
    tell("waiting for the replays' traces")
    traces = arrived(settings, plan, replays)
    timelines = {
        service: (stacks.parse(one.data), one.started_us) for service, one in recorded.items()
    }
    aligned = align(timelines, traces, 1_000_000 // pyspy.RATE_HZ)
    return Captured(
        measurement(plan, replays, traces, aligned, counts, _code(settings)),
        replays,
        traces,
        aligned,
        not_counted,
    )


def count(
    settings: Settings, plan: Plan, replayer: Replayer, tell: Tell
) -> tuple[Counts | None, str | None]:
    """What one more replay calls, or None and why not: counting can make it time out."""
    tell("one more replay, to count calls")
    try:
        return armed.count(settings, lambda id_: replayer.send(plan.body, id_), tell), None
    except LabError as failed:
        tell(f"calls are not counted: {failed}")
        return None, str(failed)


def record(
    settings: Settings, plan: Plan, replayer: Replayer, tell: Tell
) -> tuple[Mapping[str, pyspy.Recorded], tuple[Replay, ...]]:
    """Replay while py-spy records each of the plan's services."""
    tell(f"recording {', '.join(plan.services)}")
    with recordings.recording(settings, plan.services) as recording:
        replays = replay.fill(lambda: replayer.send(plan.body), plan.seconds, least=plan.least)
        recorded = recording.finish()
    samples = sum(one.samples for one in recorded.values())
    took_ms = [one.duration_s * 1000 for one in replays]
    tell(
        f"{samples} stacks; {len(replays)} replays of {min(took_ms):,.0f} to {max(took_ms):,.0f} ms"
    )
    return recorded, replays


def arrived(settings: Settings, plan: Plan, replays: Sequence[Replay]) -> tuple[Trace, ...]:
    """The replays' traces, whole."""
    with Jaeger(settings.url("jaeger")) as jaeger:
        is_whole = collect.whole(plan.services, plan.roots)
        return collect.collect(jaeger.trace, [one.trace_id for one in replays], is_whole)


def measurement(
    plan: Plan,
    replays: Sequence[Replay],
    traces: Sequence[Trace],
    aligned: Mapping[str, Aligned],
    counts: Counts | None,
    code: str,
) -> Measurement:
    """Put the traces and the recordings together. Pure."""
    replayed = [Replayed.of(trace) for trace in traces]
    seen: dict[Place, Seen] = {}
    backgrounds: list[Background] = []
    for service, one in aligned.items():
        stretches = [found for each in replayed for found in each.stretches(service)]
        open_times = union(time for each in replayed for time in each.open_times(service))
        idle = background(one, stretches, open_times)
        seen.update(attribute(one, stretches, idle))
        for thread_id in sorted(idle):
            during = stacks_of(one, thread_id, open_times)
            ms = {stack: us / 1000 / len(traces) for stack, us in during.items()}
            backgrounds.append(Background(service, thread_id, ms))
    return Measurement(
        request=request_of(plan.body, use_cache=plan.use_cache),
        taken_s=time.time(),
        code=code,
        replays=len(traces),
        request_ms=tuple(one.duration_s * 1000 for one in replays),
        spans=costs.span_costs(replayed, seen, pyspy.RATE_HZ),
        background=tuple(backgrounds),
        counts=counts,
        error_ms={service: one.clock.error_us / 1000 for service, one in aligned.items()},
    )


def request_of(body: Mapping[str, Any], *, use_cache: bool) -> Request:
    """What tells one request from another; nobody can read the question in it."""
    question = str(body["question"])
    top_k, model = int(body.get("top_k", 5)), str(body.get("model", "gpt-4"))
    words = question.split()
    told = json.dumps([" ".join(words).casefold(), top_k, model, use_cache])
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return Request(digest, len(words), top_k, model, use_cache)


def _code(settings: Settings) -> str:
    """The image that the services run from."""
    return str(container(settings, SERVICES[0]).attrs["Image"]).removeprefix("sha256:")[:12]
