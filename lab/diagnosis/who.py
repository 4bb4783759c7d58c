"""Which function of our own code a cause leads to, by the evidence that fits the cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.diagnosis.blame import MOSTLY, Blamed, blame
from lab.diagnosis.case import Case
from lab.diagnosis.coroutines import by_chain
from lab.diagnosis.doing import WORK, Doing, merged
from lab.diagnosis.findings import Below
from lab.measure.measurement import ClientCalls, Counted
from lab.measure.stacks import Frame, Stack

# Of stacks that account for less than this of the time in question nothing is concluded.
LEAST_SHARE = 0.3


@dataclass(frozen=True)
class Culprit:
    """A function with its time in the place; ``delta_ms`` is what it has beyond the reference."""

    function: str
    file: str
    line: int
    self_ms: float | None
    total_ms: float | None
    delta_ms: float
    below: tuple[Below, ...]


def by_stacks(
    case: Case,
    kinds: tuple[Doing, ...],
    *,
    aim_ms: float,
    against_reference: bool,
    share: float = MOSTLY,
    keep: Callable[[Stack], bool] = lambda _: True,
    may: Callable[[Frame], bool] = lambda _: True,
) -> Culprit | None:
    """The deepest own function under the stacks of these kinds, beyond the reference's."""
    now = _kept(merged(case.parts, *kinds), keep)
    before = _kept(merged(case.parts_before, *kinds), keep) if against_reference else {}
    found = blame(now, before, share=share, may=may)
    if found is None or found.delta_ms < LEAST_SHARE * min(aim_ms, case.cost.typical_ms):
        return None
    return of_blamed(found)


def by_awaited(
    case: Case,
    *,
    against_reference: bool,
    keep: Callable[[Stack], bool] = lambda _: True,
    may: Callable[[Frame], bool] = lambda _: True,
) -> Culprit | None:
    """The deepest own coroutine that waited longest in the counted replay."""
    now = _kept(by_chain(case.awaited()), keep)
    before = _kept(by_chain(case.awaited_before()), keep) if against_reference else {}
    return among(now, before, may=may)


def among(
    now: Mapping[Stack, float],
    before: Mapping[Stack, float] | None = None,
    *,
    may: Callable[[Frame], bool] = lambda _: True,
) -> Culprit | None:
    """The deepest own function that holds most of what these stacks have over ``before``."""
    found = blame(now, before or {}, may=may)
    return of_blamed(found) if found else None


def above_repeated_calls(
    case: Case, calls: ClientCalls, *, aim_ms: float, against_reference: bool
) -> Culprit | None:
    """The own function that makes many calls out of one: the deepest that runs less often.

    By the stacks, or for a coroutine by what it awaited; else the deepest function there is.
    """

    def runs_less_often(frame: Frame) -> bool:
        counted = case.comparison.clues.counted(case.cost.service, case.cost.name, frame)
        return counted is None or counted.calls < max(2.0, calls.count / 2)

    def find(may: Callable[[Frame], bool]) -> Culprit | None:
        return by_stacks(case, WORK, aim_ms=aim_ms, against_reference=against_reference, may=may)

    return (
        find(runs_less_often)
        or by_awaited(case, against_reference=against_reference, may=runs_less_often)
        or find(lambda _: True)
    )


def of_counted(counted: Counted) -> Culprit:
    """A function of the counted replay as a culprit."""
    below = tuple(
        Below(one.callee, one.total_ms, one.calls) for one in counted.builtins if one.total_ms >= 1
    )
    return Culprit(counted.function, counted.file, counted.line, None, None, 0.0, below)


def of_blamed(found: Blamed) -> Culprit:
    """The blamed function as a culprit."""
    frame = found.frame
    return Culprit(
        frame.function,
        frame.path,
        frame.line,
        found.self_ms,
        found.total_ms,
        found.delta_ms,
        found.below,
    )


def _kept(stacks: Mapping[Stack, float], keep: Callable[[Stack], bool]) -> dict[Stack, float]:
    return {stack: ms for stack, ms in stacks.items() if keep(stack)}
