"""Stacks as trees for a flame graph: of one span, or of a service's whole recording."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lab.measure.alignment import Aligned
from lab.measure.attribution import Times, stacks_of, union
from lab.measure.measurement import Measurement, SpanCost
from lab.measure.stacks import FunctionKey, Stack
from lab.measure.waiting import wait_of
from lab.report.data import FlameGraph, FlameNode
from lab.traces.spans import Place, Trace

# A function below this would be a hair's breadth in the picture.
LEAST_SHARE = 0.001


def graphs(
    measurement: Measurement,
    aligned: Mapping[str, Aligned],
    traces: Sequence[Trace],
    first: Place | None,
    rate_hz: int,
) -> tuple[FlameGraph, ...]:
    """The flame graphs of a report: the span at ``first``, the others, then each service."""
    spans = [of_span(cost) for cost in measurement.spans if cost.stacks]
    spans.sort(key=lambda graph: graph.place != first)
    times = union((trace.root.start_us, trace.root.end_us) for trace in traces)
    wholes = [of_service(name, one, times, len(traces), rate_hz) for name, one in aligned.items()]
    return (*spans, *wholes)


def of_span(cost: SpanCost) -> FlameGraph:
    """The stacks of one span."""
    return FlameGraph(cost.service, cost.place, tree(cost.name, cost.stacks), cost.samples)


def of_service(
    service: str, aligned: Aligned, times: Times, replays: int, rate_hz: int
) -> FlameGraph:
    """All threads of a service during the replays; those that only waited are left out."""
    children = []
    samples = 0
    for thread_id in sorted(aligned.timeline.by_thread):
        stacks = stacks_of(aligned, thread_id, times)
        if all(wait_of(stack) for stack in stacks):
            continue
        samples += round(sum(stacks.values()) * rate_hz / 1_000_000)
        ms = {stack: us / 1000 / replays for stack, us in stacks.items()}
        children.append(tree(f"thread {thread_id}", ms))
    children.sort(key=lambda child: -child.value_ms)
    whole_ms = sum(child.value_ms for child in children)
    root = FlameNode(service, "", 0, whole_ms, is_own=True, children=tuple(children))
    return FlameGraph(service, None, root, samples)


def tree(name: str, stacks: Mapping[Stack, float]) -> FlameNode:
    """A root of that name with the stacks below it, outermost first; lines of one function as one.

    Recursion stays as deep as it is.
    """
    whole_ms = sum(stacks.values())
    children = _children(stacks.items(), 0, LEAST_SHARE * whole_ms)
    return FlameNode(name, "", 0, whole_ms, is_own=True, children=children)


def _children(
    stacks: Iterable[tuple[Stack, float]], depth: int, least_ms: float
) -> tuple[FlameNode, ...]:
    groups: dict[FunctionKey, list[tuple[Stack, float]]] = {}
    for stack, ms in stacks:
        if len(stack) > depth:
            groups.setdefault(stack[depth].key, []).append((stack, ms))
    found = [
        node
        for group in groups.values()
        if (node := _node(group, depth, least_ms)).value_ms >= least_ms
    ]
    return tuple(sorted(found, key=lambda node: -node.value_ms))


def _node(group: Sequence[tuple[Stack, float]], depth: int, least_ms: float) -> FlameNode:
    lines: Counter[int] = Counter()
    for stack, ms in group:
        lines[stack[depth].line] += ms  # type: ignore[assignment]  # a Counter of floats works
    frame = group[0][0][depth]
    return FlameNode(
        name=frame.function,
        file=frame.path,
        line=lines.most_common(1)[0][0],
        value_ms=sum(ms for _, ms in group),
        is_own=frame.is_own,
        children=_children(group, depth + 1, least_ms),
    )
