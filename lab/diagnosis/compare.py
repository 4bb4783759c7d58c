"""Before and after a change: the same request, span by span. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from lab.diagnosis.case import Case, Comparison, compare
from lab.diagnosis.clues import Source
from lab.measure.measurement import Measurement
from lab.traces.spans import Place

LEAST_SHARE = 0.01


@dataclass(frozen=True)
class State:
    """A profile of the past or of now: its document (lab.report.outcome) and its measurement."""

    document: Mapping[str, Any]
    measurement: Measurement


@dataclass(frozen=True)
class Change:
    """One span before and after; ``won_ms`` is negative where it became slower.

    Milliseconds on the critical path, medians of the replays, without the time that others took of
    the processor. None where the span is not there. A difference within ``noise_ms`` means nothing:
    then ``is_noise``.
    """

    span: str
    service: str
    before_ms: float | None
    now_ms: float | None
    won_ms: float
    noise_ms: float
    is_noise: bool


@dataclass(frozen=True)
class FunctionChange:
    """The function blamed before: its time with all below it in its span, before and now."""

    function: str
    file: str
    span: str
    before_ms: float | None
    now_ms: float


@dataclass(frozen=True)
class Compared:
    """``won_ms`` is what the whole request won: that of the spans that differ by more than noise.

    The request's own lengths are those of the replays, with all the noise in them.
    """

    request_before_ms: float
    request_now_ms: float
    won_ms: float
    is_same_request: bool
    spans: tuple[Change, ...]
    function: FunctionChange | None
    verdict_before: Mapping[str, Any]
    verdict_now: Mapping[str, Any]


def compared(before: State, now: State, source: Source) -> Compared:
    """Hold two states of one request against each other; ``source`` has the present code."""
    forth = compare(now.measurement, before.measurement, source)
    back = compare(before.measurement, now.measurement, source)
    places = dict.fromkeys(
        cost.place for state in (before, now) for cost in state.measurement.spans
    )
    changes = [_change(place, forth, back) for place in places]
    whole_ms = median(before.measurement.request_ms)
    shown = [one for one in changes if _largest_ms(one) >= LEAST_SHARE * whole_ms]
    return Compared(
        request_before_ms=whole_ms,
        request_now_ms=median(now.measurement.request_ms),
        won_ms=sum(one.won_ms for one in changes if not one.is_noise),
        is_same_request=before.measurement.request.digest == now.measurement.request.digest,
        spans=tuple(sorted(shown, key=lambda one: -_largest_ms(one))),
        function=_function(before, now),
        verdict_before=before.document["verdict"],
        verdict_now=now.document["verdict"],
    )


def _change(place: Place, forth: Comparison, back: Comparison) -> Change:
    """By the judgement of now against before if the span became slower, else the other way."""
    service, span = place[-1]
    now, before = forth.now.at(place), back.now.at(place)
    slower = _excess(place, forth)
    quicker = _excess(place, back)
    now_ms = median(Case(now, before, forth).balance.needed_ms) if now else None
    before_ms = median(Case(before, now, back).balance.needed_ms) if before else None
    won_ms = (before_ms or 0.0) - (now_ms or 0.0)
    clear, noise_ms = quicker if won_ms >= 0 else slower
    return Change(span, service, before_ms, now_ms, won_ms, noise_ms, not clear)


def _excess(place: Place, comparison: Comparison) -> tuple[bool, float]:
    """Whether the place takes clearly longer in the comparison's present, and its noise."""
    cost = comparison.now.at(place)
    if cost is None or comparison.reference is None:
        return False, 0.0
    excess = Case(cost, comparison.before.get(place), comparison).excess
    return (excess.is_clear, excess.noise_ms) if excess else (False, 0.0)


def _function(before: State, now: State) -> FunctionChange | None:
    verdict = before.document["verdict"]
    name, file, span = (verdict.get(key) for key in ("function", "file", "span"))
    if name is None:
        return None
    found = _times_ms(now.document, name, file, span)
    past = verdict.get("total_ms")
    if past is None:
        past = max(_times_ms(before.document, name, file, span), default=None)
    return FunctionChange(name, file, span, past, max(found, default=0.0))


def _times_ms(document: Mapping[str, Any], name: str, file: str, span: str) -> Iterator[float]:
    for one in document["functions"]:
        if (one["function"], one["file"], one["span"]) == (name, file, span):
            yield float(one["total_ms"])


def _largest_ms(change: Change) -> float:
    return max(change.before_ms or 0.0, change.now_ms or 0.0)
