"""Stacks as trees for a flame graph: of one span, or of a service's whole recording."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.measure.alignment import Aligned
from lab.measure.attribution import Times, stacks_of, union
from lab.measure.measurement import Measurement, SpanCost
from lab.measure.stacks import Frame, FunctionKey, Stack
from lab.measure.waiting import wait_of
from lab.report.data import FlameGraph, FlameNode
from lab.traces.spans import Place, Trace

# A function below this would be a hair's breadth in the picture.
LEAST_SHARE = 0.001
DEEPEST = 12


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

    Recursion is as deep as it is up to DEEPEST calls of one function; those below are left out, not
    what they call.
    """
    root = _Growing(Frame(name, "", 0))
    for stack, ms in stacks.items():
        node = root
        node.ms += ms
        for frame in _unrolled(stack):
            node = node.children.setdefault(frame.key, _Growing(frame))
            node.ms += ms
            node.lines[frame.line] += ms  # type: ignore[assignment]  # a Counter of floats works
    return _finished(root, LEAST_SHARE * root.ms)


@dataclass
class _Growing:
    """A node while stacks are added to it; ``frame`` is one of its function's."""

    frame: Frame
    ms: float = 0.0
    lines: Counter[int] = field(default_factory=Counter)
    children: dict[FunctionKey, "_Growing"] = field(default_factory=dict)


def _unrolled(stack: Stack) -> Iterator[Frame]:
    seen: Counter[FunctionKey] = Counter()
    for frame in stack:
        seen[frame.key] += 1
        if seen[frame.key] <= DEEPEST:
            yield frame


def _finished(root: _Growing, least_ms: float) -> FlameNode:
    """From the innermost out, in a loop: stacks may be deeper than Python may call."""
    nodes = [root]
    for node in nodes:
        nodes.extend(child for child in node.children.values() if child.ms >= least_ms)
    finished: dict[int, FlameNode] = {}
    for node in reversed(nodes):
        below = [finished[id(child)] for child in node.children.values() if id(child) in finished]
        is_root = node is root
        finished[id(node)] = FlameNode(
            name=node.frame.function,
            file="" if is_root else node.frame.path,
            line=node.lines.most_common(1)[0][0] if node.lines else 0,
            value_ms=node.ms,
            is_own=is_root or node.frame.is_own,
            children=tuple(sorted(below, key=lambda child: -child.value_ms)),
        )
    return finished[id(root)]
