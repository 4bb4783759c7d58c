"""How a request's time grows with its work: replays with half and double of it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from lab.diagnosis.balance import balance, clues_of, paced
from lab.diagnosis.blame import inclusive_ms
from lab.diagnosis.doing import WORK, merged, split
from lab.errors import LabError
from lab.measure import capture, pyspy, recordings, stacks
from lab.measure.alignment import align
from lab.measure.capture import Captured, Plan, Tell
from lab.measure.measurement import Growth, GrowthPoint, Measurement
from lab.measure.pyspy import Recorded
from lab.profile.variants import Variant, doubled, halved
from lab.settings import Settings
from lab.traces.spans import Place, Trace
from lab.traffic import replay
from lab.traffic.replay import Replay, Replayer

LONGEST_S = 20.0
STEEPEST = 3.2
# Shorter stages say nothing of how they grow.
LEAST_STAGE_MS = 25.0
# A quick request is replayed for so long with each amount of work.
SECONDS_EACH = 2.0


@dataclass(frozen=True)
class Sent:
    """A variant of the request and its replays."""

    variant: Variant
    replays: tuple[Replay, ...]

    @property
    def parts_ms(self) -> Mapping[str, float]:
        return median_parts_ms(self.replays)


@dataclass(frozen=True)
class Grown:
    """The variants that were replayed while ``service`` was recorded."""

    service: str
    sent: tuple[Sent, ...]
    recorded: Recorded


def record(
    settings: Settings, plan: Plan, now: Captured, service: str, replayer: Replayer, tell: Tell
) -> Grown:
    """Replay with half and double the passages, and with half and double the question.

    ``service`` is the one in question, and recorded. A double that would take longer than
    LONGEST_S, going by how the half differs, is left out, and so is a variant that fails. Raises
    LabError as ``capture.measure`` does.
    """
    tell(f"half and double the work, recording {service}")
    with recordings.recording(settings, [service]) as recording:
        sent = tuple(_send_all(replayer, plan.body, median_parts_ms(now.replays), tell))
        return Grown(service, sent, recording.finish()[service])


def measure(settings: Settings, plan: Plan, now: Captured, grown: Grown) -> tuple[Growth, ...]:
    """What the variants cost, by kind of work; ``now`` gives the points of work 1.

    Raises LabError where a replay's trace doesn't arrive.
    """
    service, sent, recorded = grown.service, grown.sent, grown.recorded
    arrived = [capture.arrived(settings, plan, one.replays) for one in sent]
    everything = [trace for traces in arrived for trace in traces]
    timeline = stacks.parse(recorded.data), recorded.started_us
    aligned = align({service: timeline}, everything, 1_000_000 // pyspy.RATE_HZ)
    points = []
    for one, traces in zip(sent, arrived, strict=True):
        asked = replace(plan, body=one.variant.body)
        found = capture.measurement(asked, one.replays, traces, aligned, None, "")
        work = work_of(one.variant, traces, now.traces, service)
        points.append((one.variant.kind, point(work, found)))
    return by_kind(points, point(1.0, now.measurement))


def point(work: float, measured: Measurement) -> GrowthPoint:
    """The times of one measurement: each place's own, and of each function in it and below.

    Without the time that others took: one of these replays may have met a busier machine.
    """
    clues = clues_of(measured)
    own_ms: dict[Place, float] = {}
    function_ms: dict[tuple[Place, str, str], float] = {}
    for cost in measured.spans:
        told = balance(cost, clues)
        own_ms[cost.place] = median(told.needed_ms)
        parts = paced(split(cost, clues), told)
        for (function, file), ms in inclusive_ms(merged(parts, *WORK)).items():
            function_ms[cost.place, function, file] = ms
    return GrowthPoint(work, own_ms, function_ms)


def by_kind(points: Iterable[tuple[str, GrowthPoint]], now: GrowthPoint) -> tuple[Growth, ...]:
    """The points of each kind of work with those of the request as it is, in order of work."""
    kinds: dict[str, list[GrowthPoint]] = {}
    for kind, one in points:
        kinds.setdefault(kind, [now]).append(one)
    return tuple(
        Growth(kind, tuple(sorted(found, key=lambda one: one.work)))
        for kind, found in kinds.items()
    )


def median_parts_ms(replays: Sequence[Replay]) -> Mapping[str, float]:
    """How long each stage of a request typically takes, and under "" what is in none of them."""
    whole_ms = median(one.duration_s for one in replays) * 1000
    names = {name for one in replays for name in one.stages_ms}
    parts = {name: median(one.stages_ms.get(name, 0.0) for one in replays) for name in names}
    return {**parts, "": max(0.0, whole_ms - sum(parts.values()))}


def expected_s(
    now_ms: Mapping[str, float], part_ms: Mapping[str, float], work: float, more: float
) -> float:
    """How long a request will take with ``more`` times the work, going by what ``work`` (below 1)
    made of it.

    Each stage grows with the power of the work that its two times tell. One that grows faster than
    with the cube may grow without bounds (a regular expression that backtracks): then infinite.
    """
    whole_ms = 0.0
    for name, ms in now_ms.items():
        ratio = max(LEAST_STAGE_MS, ms) / max(LEAST_STAGE_MS, part_ms.get(name, 0.0))
        power = max(0.0, math.log(ratio) / math.log(1 / work))
        if power > STEEPEST:
            return math.inf
        whole_ms += ms * more**power
    return whole_ms / 1000


def work_of(
    variant: Variant, traces: Sequence[Trace], original: Sequence[Trace], service: str
) -> float:
    """How much work the variant is, the original being 1.

    More ``top_k`` is not as many more passages: a service that tells how many it works on is
    believed.
    """
    if not variant.is_passages:
        return variant.work
    now, then = _passages(traces, service), _passages(original, service)
    return now / then if now and then else variant.work


def _passages(traces: Sequence[Trace], service: str) -> float:
    """The passages that one replay's spans of a service name, all spans together."""
    told = [
        span.attributes.get("passages", 0)
        for trace in traces
        for span in trace.spans
        if span.service == service
    ]
    return sum(value for value in told if isinstance(value, int)) / len(traces)


def _send_all(
    replayer: Replayer, body: Mapping[str, Any], now_ms: Mapping[str, float], tell: Tell
) -> Iterator[Sent]:
    halves = {}
    for variant in halved(body):
        sent = _send(replayer, variant, tell)
        if sent:
            halves[variant.kind] = sent
            yield sent
    for variant in doubled(body):
        half = halves.get(variant.kind)
        if half is None:
            continue
        will_take_s = expected_s(now_ms, half.parts_ms, half.variant.work, variant.work)
        if will_take_s > LONGEST_S:
            tell(f"double the {variant.kind} is left out: it might take too long")
            continue
        sent = _send(replayer, variant, tell)
        if sent:
            yield sent


def _send(replayer: Replayer, variant: Variant, tell: Tell) -> Sent | None:
    try:
        replays = replay.fill(lambda: replayer.send(variant.body), SECONDS_EACH, least=1)
    except LabError as failed:
        tell(f"{variant.work:.2g} times the {variant.kind}: {failed}")
        return None
    return Sent(variant, replays)
