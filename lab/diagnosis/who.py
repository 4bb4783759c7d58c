"""Which function of our own code a cause leads to, by the evidence that fits the cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.diagnosis.blame import MOSTLY, Blamed, blame
from lab.diagnosis.case import Case
from lab.diagnosis.doing import WORK, Doing, merged
from lab.diagnosis.findings import Below
from lab.measure.measurement import Awaited, ClientCalls, Counted
from lab.measure.stacks import Frame, Stack, is_own
from services.telemetry import conventions as names

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
    case: Case, *, against_reference: bool, may: Callable[[Frame], bool] = lambda _: True
) -> Culprit | None:
    """The deepest own coroutine that waited longest in the counted replay."""
    now = _awaited(case.awaited())
    before = _awaited(case.awaited_before()) if against_reference else {}
    found = blame(now, before, may=may)
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


def adding_tokens(case: Case) -> Culprit | None:
    """The own function that is new, or called more often, where the prompt is made.

    Told by the counted replays of now and of the reference. A new function called by another new
    one is that one's helper. Where nothing is new, the function that the span is named after.
    """
    comparison = case.comparison
    counts = comparison.now.counts
    if counts is None:
        return None
    here = [one for one in counts.functions if _makes_prompts(case, one)]
    past = comparison.reference.counts if comparison.reference else None
    if past is not None:
        known = {(one.function, one.file): one.calls for one in past.functions}
        new = [one for one in here if (one.function, one.file) not in known]
        names_of_new = {one.function.rpartition(".")[2] for one in new}
        tops = [one for one in new if (one.caller or "").rpartition(".")[2] not in names_of_new]
        more = [one for one in here if one.calls > known.get((one.function, one.file), one.calls)]
        for one in [*_by_work(tops or new), *_by_work(more)]:
            return _of_counted(one)
    named = [one for one in here if one.function.rpartition(".")[2] == one.span]
    return _of_counted(named[0]) if named else None


def _makes_prompts(case: Case, counted: Counted) -> bool:
    """Whether it ran, in the service, in a span that has prompt tokens; own code alone."""
    with_tokens = {
        cost.name
        for cost in case.comparison.now.spans
        if cost.service == case.cost.service
        and names.LLM_PROMPT_TOKENS in cost.tokens
        and names.LLM_COMPLETION_TOKENS not in cost.tokens
    } or {case.cost.name}
    return (
        counted.service == case.cost.service
        and counted.span in with_tokens
        and is_own(counted.file)
        and not counted.function.endswith(">")
    )


def _by_work(found: list[Counted]) -> list[Counted]:
    return sorted(found, key=lambda one: (-sum(b.total_ms for b in one.builtins), one.calls))


def _of_counted(counted: Counted) -> Culprit:
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


def _awaited(waits: tuple[Awaited, ...]) -> dict[Stack, float]:
    found: dict[Stack, float] = {}
    for one in waits:
        found[one.stack] = found.get(one.stack, 0.0) + one.waited_ms
    return found
