"""How a span's work is spread over threads, going by its stacks."""

import re
from collections.abc import Iterable, Mapping
from statistics import median

from lab.measure.measurement import SpanCost
from lab.measure.stacks import Frame, Stack

LOOP_FILES = re.compile(r"(?:^|/)(?:asyncio/(?:base_events|runners|events)|uvloop/\w+)\.py$")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
SEVERAL_THREADS = 1.2
ELSEWHERE = 0.2


def asynchronous(spans: Iterable[SpanCost]) -> frozenset[str]:
    """The services of whose spans, those of requests aside, most have their stacks on a loop.

    Each span has one vote: a single one that hands long work to a thread outvotes no others.
    """
    votes: dict[str, int] = {}
    for cost in spans:
        if not is_server(cost) and cost.stacks:
            on_loop_ms = sum(ms for stack, ms in cost.stacks.items() if is_on_loop(stack))
            vote = 1 if on_loop_ms > total_ms(cost.stacks) / 2 else -1
            votes[cost.service] = votes.get(cost.service, 0) + vote
    return frozenset(service for service, sum_of_votes in votes.items() if sum_of_votes > 0)


def is_server(cost: SpanCost) -> bool:
    """Whether it is a request's own span, which the server opens on its loop."""
    return cost.name.split(" ", 1)[0] in METHODS


def works_in_threads(cost: SpanCost) -> bool:
    """Whether more than one thread was at work for the span at a time, going by its stacks."""
    return total_ms(cost.stacks) > SEVERAL_THREADS * median(cost.own_ms)


def is_on_loop(stack: Stack) -> bool:
    """Whether an event loop runs this stack."""
    return any(LOOP_FILES.search(frame.file) for frame in stack)


def keeps_loop(stack: Stack) -> bool:
    """Whether own code runs on the service's event loop, and not a loop of its own in a thread."""
    outermost = next((at for at, frame in enumerate(stack) if frame.is_own), 0)
    return is_on_loop(stack[:outermost])


def has_own(stack: Stack) -> bool:
    """Whether the stack has a frame of the services' own code."""
    return any(frame.is_own for frame in stack)


def added(every: Iterable[Mapping[Stack, float]]) -> dict[Stack, float]:
    """The time of each stack in all of these together."""
    found: dict[Stack, float] = {}
    for stacks in every:
        for stack, ms in stacks.items():
            found[stack] = found.get(stack, 0.0) + ms
    return found


def innermost_own(stack: Stack) -> Frame | None:
    """The deepest frame of our own; a comprehension counts to the function that it is in."""
    own = (frame for frame in reversed(stack) if frame.is_own and not frame.is_expression)
    return next(own, None)


def total_ms(stacks: Mapping[Stack, float]) -> float:
    """The time of all stacks."""
    return sum(stacks.values())


def is_elsewhere(cost: SpanCost, asynchronous: frozenset[str]) -> bool:
    """Whether a good part of the span's work went on in another thread than the span's own.

    A request's span begins on the event loop, a plain handler then runs on a worker thread; and
    coroutines hand work to threads.
    """
    if not is_server(cost) and cost.service not in asynchronous:
        return False
    whole_ms = total_ms(cost.stacks)
    elsewhere_ms = sum(ms for stack, ms in cost.stacks.items() if not is_on_loop(stack))
    return elsewhere_ms >= ELSEWHERE * max(1.0, whole_ms)
