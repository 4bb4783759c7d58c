"""Recordings in speedscope's file format, one profile for each span and for each thread.

The format: https://www.speedscope.app/file-format-schema.json
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.measure.alignment import Aligned
from lab.measure.attribution import Times, union
from lab.measure.measurement import Measurement
from lab.measure.stacks import Frame, Stack, Timeline
from lab.measure.waiting import wait_of
from lab.traces.spans import Trace

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def dumps(
    name: str, measurement: Measurement, aligned: Mapping[str, Aligned], traces: Sequence[Trace]
) -> str:
    """A document to open with speedscope: first the spans, then the threads while requests ran.

    A span's profile has the mean milliseconds of one replay of each of its stacks. A thread's is
    in order of time, over all replays without the pauses between them; threads that only waited
    are left out.
    """
    frames: dict[Frame, int] = {}
    times = union((trace.root.start_us, trace.root.end_us) for trace in traces)
    profiles = [
        _profile(f"{one.name} ({one.service})", list(one.stacks.items()), "milliseconds", frames)
        for one in measurement.spans
        if one.stacks
    ]
    for service, one in aligned.items():
        for thread_id in sorted(one.timeline.by_thread):
            seen = _in_order(one.timeline, thread_id, times, one.clock.origin_us)
            if not all(wait_of(stack) for stack, _ in seen):
                title = f"{service}, thread {thread_id}"
                profiles.append(_profile(title, seen, "microseconds", frames))
    return json.dumps(
        {
            "$schema": SCHEMA,
            "name": name,
            "exporter": "tracelab",
            "activeProfileIndex": 0,
            "shared": {"frames": [_frame(frame) for frame in frames]},
            "profiles": profiles,
        }
    )


def _in_order(
    timeline: Timeline, thread_id: int, times: Times, origin_us: int
) -> list[tuple[Stack, float]]:
    return [
        (stay.stack, us)
        for start_us, end_us in times
        for stay, us in timeline.during(thread_id, start_us, end_us, origin_us)
    ]


def _profile(
    name: str, seen: Sequence[tuple[Stack, float]], unit: str, frames: dict[Frame, int]
) -> dict[str, Any]:
    return {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": 0,
        "endValue": round(sum(weight for _, weight in seen), 3),
        "samples": [
            [frames.setdefault(frame, len(frames)) for frame in stack] for stack, _ in seen
        ],
        "weights": [round(weight, 3) for _, weight in seen],
    }


def _frame(frame: Frame) -> dict[str, str | int]:
    told: dict[str, str | int] = {"name": frame.function, "file": frame.path}
    return {**told, "line": frame.line} if frame.line else told
