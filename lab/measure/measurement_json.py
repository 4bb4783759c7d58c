"""A measurement as JSON and back: measurement.json of a report, and the healthy reference.

The frames of all stacks are listed once; a stack is a list of their numbers, outermost first.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lab.errors import LabError
from lab.measure.measurement import (
    Awaited,
    Background,
    BuiltinCall,
    ClientCalls,
    Counted,
    Counts,
    Measurement,
    Request,
    SpanCost,
)
from lab.measure.stacks import Frame, Stack

VERSION = 1
DIGITS = 3


def dumps(measurement: Measurement) -> str:
    """The measurement as one JSON document; times are rounded to microseconds."""
    frames = _Frames()
    document = {
        "version": VERSION,
        "request": asdict(measurement.request),
        "taken_s": measurement.taken_s,
        "code": measurement.code,
        "replays": measurement.replays,
        "request_ms": _rounded(measurement.request_ms),
        "spans": [_span(one, frames) for one in measurement.spans],
        "background": [
            {
                "service": one.service,
                "thread_id": one.thread_id,
                "stacks": frames.stacks(one.stacks),
            }
            for one in measurement.background
        ],
        "counts": _counts(measurement.counts, frames) if measurement.counts else None,
        "error_ms": dict(measurement.error_ms),
    }
    return json.dumps({**document, "frames": frames.listed()})


def loads(text: str | bytes) -> Measurement:
    """Read what ``dumps`` wrote. Raises LabError for anything else and for another version."""
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise LabError(
                f"it is a measurement of version {document['version']}, and {VERSION} is read here"
            )
        return _measurement(document)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as bad:
        raise LabError(f"it is no measurement: {type(bad).__name__}: {bad}") from bad


class _Frames:
    """Numbers the frames as they come."""

    def __init__(self) -> None:
        self._numbers: dict[Frame, int] = {}

    def stack(self, stack: Stack) -> list[int]:
        return [self._numbers.setdefault(frame, len(self._numbers)) for frame in stack]

    def stacks(self, stacks: Mapping[Stack, float]) -> list[tuple[list[int], float]]:
        return [(self.stack(stack), round(ms, DIGITS)) for stack, ms in stacks.items()]

    def listed(self) -> list[tuple[str, str, int]]:
        return [(frame.function, frame.file, frame.line) for frame in self._numbers]


def _span(one: SpanCost, frames: _Frames) -> dict[str, Any]:
    return {
        "place": one.place,
        "critical_ms": _rounded(one.critical_ms),
        "own_ms": _rounded(one.own_ms),
        "cpu_ms": None if one.cpu_ms is None else _rounded(one.cpu_ms),
        "calls": [asdict(calls) for calls in one.calls],
        "tokens": dict(one.tokens),
        "stacks": frames.stacks(one.stacks),
        "still": frames.stacks(one.still),
        "samples": one.samples,
    }


def _counts(counts: Counts, frames: _Frames) -> dict[str, Any]:
    return {
        "functions": [asdict(one) for one in counts.functions],
        "awaited": [
            {
                "service": one.service,
                "span": one.span,
                "stack": frames.stack(one.stack),
                "waited_ms": round(one.waited_ms, DIGITS),
            }
            for one in counts.awaited
        ],
        "gaps": dict(counts.gaps),
    }


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(value, DIGITS) for value in values]


def _measurement(document: Mapping[str, Any]) -> Measurement:
    frames = [Frame(str(name), str(file), int(line)) for name, file, line in document["frames"]]
    counts = document["counts"]
    return Measurement(
        request=Request(**document["request"]),
        taken_s=float(document["taken_s"]),
        code=str(document["code"]),
        replays=int(document["replays"]),
        request_ms=tuple(document["request_ms"]),
        spans=tuple(_read_span(one, frames) for one in document["spans"]),
        background=tuple(
            Background(one["service"], one["thread_id"], _read_stacks(one["stacks"], frames))
            for one in document["background"]
        ),
        counts=None if counts is None else _read_counts(counts, frames),
        error_ms=dict(document["error_ms"]),
    )


def _read_span(told: Mapping[str, Any], frames: Sequence[Frame]) -> SpanCost:
    return SpanCost(
        place=tuple((service, name) for service, name in told["place"]),
        critical_ms=tuple(told["critical_ms"]),
        own_ms=tuple(told["own_ms"]),
        cpu_ms=None if told["cpu_ms"] is None else tuple(told["cpu_ms"]),
        calls=tuple(ClientCalls(**{**one, "path": tuple(one["path"])}) for one in told["calls"]),
        tokens=dict(told["tokens"]),
        stacks=_read_stacks(told["stacks"], frames),
        still=_read_stacks(told["still"], frames),
        samples=int(told["samples"]),
    )


def _read_counts(told: Mapping[str, Any], frames: Sequence[Frame]) -> Counts:
    return Counts(
        functions=tuple(
            Counted(**{**one, "builtins": tuple(BuiltinCall(**call) for call in one["builtins"])})
            for one in told["functions"]
        ),
        awaited=tuple(
            Awaited(
                one["service"],
                one["span"],
                tuple(frames[number] for number in one["stack"]),
                one["waited_ms"],
            )
            for one in told["awaited"]
        ),
        gaps=dict(told["gaps"]),
    )


def _read_stacks(
    told: Iterable[tuple[list[int], float]], frames: Sequence[Frame]
) -> dict[Stack, float]:
    return {tuple(frames[number] for number in numbers): ms for numbers, ms in told}
