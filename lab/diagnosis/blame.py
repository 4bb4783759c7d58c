"""Which function of our own code the time of a span's stacks is spent under."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.diagnosis.findings import Below
from lab.diagnosis.shape import innermost_own
from lab.measure.stacks import Frame, Stack

FunctionId = tuple[str, str]
"""Name and path as shown: the same function in two measurements, whatever line it is at."""

MOSTLY = 0.6
LISTED_SHARE = 0.1
LISTED = 4


@dataclass(frozen=True)
class Blamed:
    """A function with the time it answers for.

    ``delta_ms`` is what was asked about (the time beyond the reference's), ``share`` (0 to 1) its
    part of all of that; ``total_ms`` and ``self_ms`` are the function's whole time in the stacks.
    ``frame`` has the line it spent most of its time at.
    """

    frame: Frame
    delta_ms: float
    share: float
    total_ms: float
    self_ms: float
    below: tuple[Below, ...]


def function_id(frame: Frame) -> FunctionId:
    """The frame's function."""
    return frame.function, frame.path


def innermost_function(stack: Stack) -> FunctionId | None:
    """The deepest function of our own in the stack."""
    frame = innermost_own(stack)
    return function_id(frame) if frame is not None else None


def inclusive_ms(stacks: Mapping[Stack, float]) -> Counter[FunctionId]:
    """Each function's time with all below it; a recursive one's counts once."""
    found: Counter[FunctionId] = Counter()
    for stack, ms in stacks.items():
        for key in {function_id(frame) for frame in stack}:
            found[key] += ms  # type: ignore[assignment] # a Counter of floats
    return found


def blame(
    now: Mapping[Stack, float],
    before: Mapping[Stack, float],
    *,
    share: float = MOSTLY,
    may: Callable[[Frame], bool] = lambda _: True,
) -> Blamed | None:
    """The deepest own function that holds ``share`` of the time that ``now`` has over ``before``.

    What a stack has more is told by its innermost own function, so a new function that only calls
    what was there before holds nothing. A function counts wherever it was called from, so one
    reached on several ways adds up. Of those that hold enough, the one whose innermost frames lie
    deepest is taken. ``may`` leaves functions out. None where ``now`` has no more, or no own
    function holds enough.
    """
    more = _more(now, before)
    more_ms = sum(more.values())
    if more_ms <= 0:
        return None
    held_ms, depths = inclusive_ms(more), _depths(more)
    held = [(depths[key], held_ms[key], key) for key in depths if held_ms[key] >= share * more_ms]
    allowed = [one for one in held if may(_frame(now, one[2]))]
    if not allowed:
        return None
    _, delta_ms, key = max(allowed)
    self_ms = sum(ms for stack, ms in now.items() if _ends_in(stack, key))
    return Blamed(
        frame=_frame(now, key),
        delta_ms=delta_ms,
        share=min(1.0, delta_ms / more_ms),
        total_ms=inclusive_ms(now)[key],
        self_ms=self_ms,
        below=_below(now, key),
    )


def by_innermost(stacks: Mapping[Stack, float]) -> Counter[FunctionId | None]:
    """The time by innermost own function, with that of libraries below it; None: without any."""
    found: Counter[FunctionId | None] = Counter()
    for stack, ms in stacks.items():
        found[innermost_function(stack)] += ms  # type: ignore[assignment] # a Counter of floats
    return found


def renamed(
    now: Mapping[FunctionId | None, float], before: Mapping[FunctionId | None, float]
) -> Mapping[FunctionId | None, float]:
    """``before`` with functions that are gone counted as new ones that seem to do their work.

    Each that is gone, the longest first, is taken for the new one nearest to it in time, if that
    takes half as long or more.
    """
    found = dict(before)
    new = {key for key in now if key is not None and key not in before}
    gone = sorted((key for key in before if key not in now), key=lambda key: -before[key])
    for key in gone:
        near = {one: abs(now[one] - before[key]) for one in new if now[one] >= before[key] / 2}
        if key is not None and near:
            taken = min(near, key=lambda one: near[one])
            new.discard(taken)
            found[taken] = found.pop(key)
    return found


def _more(now: Mapping[Stack, float], before: Mapping[Stack, float]) -> dict[Stack, float]:
    """What each stack has more, shared out by what its innermost own function has more."""
    now_ms = by_innermost(now)
    before_ms = renamed(now_ms, by_innermost(before))
    shares = {
        key: max(0.0, ms - before_ms.get(key, 0.0)) / ms for key, ms in now_ms.items() if ms > 0
    }
    more = {stack: ms * shares.get(innermost_function(stack), 0.0) for stack, ms in now.items()}
    return {stack: ms for stack, ms in more.items() if ms > 0}


def _depths(stacks: Mapping[Stack, float]) -> dict[FunctionId, float]:
    """Each own function's mean depth (innermost occurrence, weighted by time)."""
    weighted: dict[FunctionId, float] = {}
    weights: dict[FunctionId, float] = {}
    for stack, ms in stacks.items():
        deepest = {
            function_id(frame): depth
            for depth, frame in enumerate(stack)
            if frame.is_own and not frame.is_expression
        }
        for key, depth in deepest.items():
            weighted[key] = weighted.get(key, 0.0) + depth * ms
            weights[key] = weights.get(key, 0.0) + ms
    return {key: weighted[key] / ms for key, ms in weights.items() if ms > 0}


def _frame(stacks: Mapping[Stack, float], key: FunctionId) -> Frame:
    """The function's frame at the line that most of its time is spent at."""
    lines: Counter[Frame] = Counter()
    for stack, ms in stacks.items():
        innermost = next((one for one in reversed(stack) if function_id(one) == key), None)
        if innermost is not None:
            lines[innermost] += ms  # type: ignore[assignment] # a Counter of floats
    return lines.most_common(1)[0][0]


def _ends_in(stack: Stack, key: FunctionId) -> bool:
    """Whether the stack ends in the function itself, its comprehensions included."""
    for frame in reversed(stack):
        if function_id(frame) == key:
            return True
        if not frame.is_expression:
            return False
    return False


def _below(stacks: Mapping[Stack, float], key: FunctionId) -> tuple[Below, ...]:
    """What the function's time is spent in under it, by innermost frame, if it matters."""
    found: Counter[str] = Counter()
    whole_ms = 0.0
    for stack, ms in stacks.items():
        if not any(function_id(frame) == key for frame in stack):
            continue
        whole_ms += ms
        if not _ends_in(stack, key):
            found[f"{stack[-1].function} ({stack[-1].path})"] += ms  # type: ignore[assignment]
    return tuple(
        Below(name, ms) for name, ms in found.most_common(LISTED) if ms >= LISTED_SHARE * whole_ms
    )
