"""Which function makes a prompt longer, by the counted replays of now and of the reference."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from lab.diagnosis.case import Case
from lab.diagnosis.who import Culprit, of_counted
from lab.measure.measurement import Counted, Counts
from lab.measure.stacks import is_own
from services.telemetry import conventions as names

TELEMETRY = "services/telemetry/"

Rise = Mapping[tuple[str, str, str], int]
"""How many calls more than in the reference, of functions that it has: service, function, file."""


def adding_tokens(case: Case) -> Culprit | None:
    """The own function that is new, or makes more calls, where the prompt is made or asked for.

    Where nothing is, the function that the span is named after.
    """
    comparison = case.comparison
    counts = comparison.now.counts
    if counts is None:
        return None
    here = [one for one in counts.functions if _makes_prompts(case, one)]
    past = comparison.reference.counts if comparison.reference else None
    if past is not None:
        found = next(_candidates(case, here, counts, _rise(counts, past)), None)
        if found is not None:
            return of_counted(found)
    named = [one for one in here if _name(one.function) == one.span]
    return of_counted(named[0]) if named else None


def _candidates(case: Case, here: list[Counted], counts: Counts, rise: Rise) -> Iterator[Counted]:
    own = [one for one in counts.functions if _is_own(one)]
    yield from _new(here, rise)
    yield from _repeating(here, own, rise)
    if case.comparison.basis != "reference":
        return
    # What the prompt is made of comes from those that ask, and from those that they asked before.
    askers = {service for service, _ in case.cost.place[:-1]} - {case.cost.service}
    asking = [one for one in own if one.service in askers]
    yield from _new(asking, rise)
    yield from _repeating(asking, own, rise)
    yield from _new([one for one in own if one.service != case.cost.service], rise)


def _new(functions: Iterable[Counted], rise: Rise) -> list[Counted]:
    """Those that the reference doesn't have. One called by another of them is its helper."""
    new = [one for one in functions if _key(one) not in rise]
    names_of_new = {_name(one.function) for one in new}
    tops = [one for one in new if _name(one.caller or "") not in names_of_new]
    return _by_work(tops or new)


def _repeating(functions: Iterable[Counted], own: list[Counted], rise: Rise) -> list[Counted]:
    """Those that call others more often than in the reference, and are not called so themselves."""
    more = [one for one in functions if _has_more(one, rise)]
    return [_repeater(one, own, rise) for one in _by_work(more)]


def _repeater(called: Counted, own: list[Counted], rise: Rise) -> Counted:
    callers = {one.function: one for one in own if one.service == called.service}
    found, seen = called, {called.function}
    while found.caller in callers and found.caller not in seen:
        found = callers[found.caller]
        seen.add(found.function)
        if not _has_more(found, rise) and not _is_part(found):
            break
    return found


def _has_more(one: Counted, rise: Rise) -> bool:
    return rise.get(_key(one), 0) > 0


def _rise(now: Counts, past: Counts) -> Rise:
    calls, calls_before = _calls(now), _calls(past)
    return {key: calls[key] - before for key, before in calls_before.items()}


def _calls(counts: Counts) -> Counter[tuple[str, str, str]]:
    """In all spans together: a span may have got another name."""
    found: Counter[tuple[str, str, str]] = Counter()
    for one in counts.functions:
        found[_key(one)] += one.calls
    return found


def _key(one: Counted) -> tuple[str, str, str]:
    return one.service, one.function, one.file


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
        and not _is_part(counted)
    )


def _is_own(counted: Counted) -> bool:
    return is_own(counted.file) and not counted.file.startswith(TELEMETRY)


def _is_part(counted: Counted) -> bool:
    """Whether it is a generator expression or the like, a part of another function."""
    return counted.function.endswith(">")


def _name(function: str) -> str:
    return function.rpartition(".")[2]


def _by_work(found: list[Counted]) -> list[Counted]:
    return sorted(found, key=lambda one: (-sum(b.total_ms for b in one.builtins), one.calls))
