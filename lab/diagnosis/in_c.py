"""What lines of our own code did in C: computing or waiting, by the processor's clock.

The counted replay measures each C call by the wall and by its thread's CPU time. That tells a wait
where no name does, however short, and computing where the stack stands still.
"""

from collections.abc import Mapping
from typing import Literal

from lab.diagnosis.clues import Clues
from lab.measure.measurement import BuiltinCall, SpanCost
from lab.measure.stacks import Frame, Stack

InC = Literal["computing", "blocked"]

# Less in a replay tells nothing.
LEAST_MS = 30.0
# So much of the time seen on a line must be that of the C calls there.
COVERED = 0.5
COMPUTED = 0.5
WAITED = 0.3


def in_c(cost: SpanCost, clues: Clues) -> Mapping[Frame, InC]:
    """By line, what went on in C there. Lines of which that can't be said are left out."""
    seen_ms: dict[Frame, float] = {}
    for stack, ms in cost.stacks.items():
        frame = own_line(stack)
        if frame is not None:
            seen_ms[frame] = seen_ms.get(frame, 0.0) + ms
    found = {
        frame: _told(clues.builtins(cost, frame), ms, clues.crowding)
        for frame, ms in seen_ms.items()
        if ms >= LEAST_MS
    }
    return {frame: did for frame, did in found.items() if did is not None}


def own_line(stack: Stack) -> Frame | None:
    """The line of our own that the stack is on, or that called the library it is in."""
    return next((frame for frame in reversed(stack) if frame.is_own), None)


def _told(calls: tuple[BuiltinCall, ...], seen_ms: float, crowding: float) -> InC | None:
    whole_ms = sum(one.total_ms for one in calls)
    if whole_ms < max(LEAST_MS, COVERED * seen_ms):
        return None
    cpu_ms = 0.0
    for one in calls:
        if one.cpu_ms is None:
            return None
        cpu_ms += one.cpu_ms
    if cpu_ms >= COMPUTED * whole_ms:
        return "computing"
    # On a crowded machine what computes hardly gets the processor either.
    return "blocked" if cpu_ms * crowding < WAITED * whole_ms else None
