"""Which spans a request waited for, and how long for each.

The critical path is found as in Uber's CRISP (Zhang et al., "CRISP: Critical Path Analysis of
Large-Scale Microservice Architectures", USENIX ATC 2022) and in Jaeger's UI: walk back from the end
of the root. Of a span's children, the one that finishes last is on the path; then, from its start
on backwards, the one that finishes last before that; and so on. What no such child covers is the
span's own. Children are clipped to their parent, as a clock of another service may be off.

One difference: a child of the same service, so of the same clock, that ends later than its parent
was evidently not waited for. It is left out with all below it, where Jaeger's UI would clip it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.traces.spans import Span, Trace

# A span is closed a little after the work it measures; ending this much late is no evidence.
LATE_US = 1_000


@dataclass(frozen=True)
class Segment:
    """A stretch of the critical path: the request waited for this span's own work, no child's."""

    span: Span
    start_us: int
    end_us: int

    @property
    def duration_us(self) -> int:
        return self.end_us - self.start_us


@dataclass(frozen=True)
class Ranked:
    """The span that the request waited for longest, ``share`` (0 to 1) of its whole duration.

    ``next_span`` is the second, None where one span is the whole path.
    """

    span: Span
    critical_self_us: int
    share: float
    next_span: Span | None
    ahead_of_next_us: int


@dataclass(frozen=True)
class _Visit:
    span: Span
    start_us: int
    end_us: int


def critical_path(trace: Trace) -> tuple[Segment, ...]:
    """The segments of the trace's root in order of time.

    They don't overlap and cover the root's interval without a gap, so their durations add up to
    the root's. A root of no length has none. Other roots (lost context) are not looked at.
    """
    root = trace.root
    found: list[Segment] = []
    # Latest on top: the path comes out from its end to its start.
    stack: list[_Visit | Segment] = [_Visit(root, root.start_us, root.end_us)]
    while stack:
        top = stack.pop()
        if isinstance(top, Segment):
            found.append(top)
        else:
            stack.extend(reversed(list(_pieces(trace, top))))
    return tuple(reversed(found))


def self_time_us(trace: Trace) -> dict[str, int]:
    """By span id: the span's duration less the union of its children's intervals inside it."""
    return {
        span.span_id: span.duration_us - _covered_us(span, trace.children(span))
        for span in trace.spans
    }


def critical_self_time_us(trace: Trace) -> dict[str, int]:
    """By span id, for every span: microseconds of the critical path that are its own. 0 if off."""
    return _by_span(trace, critical_path(trace))


def _pieces(trace: Trace, visit: _Visit) -> Iterator[_Visit | Segment]:
    """Cut a span on the path into its own stretches and visits of children, latest first."""
    cursor_us = visit.end_us
    for child, start_us, end_us in _waited_for(trace, visit):
        if end_us > cursor_us:
            continue
        if end_us < cursor_us:
            yield Segment(visit.span, end_us, cursor_us)
        yield _Visit(child, start_us, end_us)
        cursor_us = start_us
    if visit.start_us < cursor_us:
        yield Segment(visit.span, visit.start_us, cursor_us)


def _waited_for(trace: Trace, visit: _Visit) -> list[tuple[Span, int, int]]:
    """The children with what of their interval lies inside, the last to finish first."""
    inside = []
    for child in trace.children(visit.span):
        start_us = max(child.start_us, visit.start_us)
        end_us = min(child.end_us, visit.end_us)
        if start_us < end_us and not _is_left_behind(visit.span, child):
            inside.append((child, start_us, end_us))
    return sorted(inside, key=lambda one: (one[2], one[0].end_us, -one[1]), reverse=True)


def _is_left_behind(parent: Span, child: Span) -> bool:
    return child.service == parent.service and child.end_us > parent.end_us + LATE_US


def _covered_us(span: Span, children: Iterable[Span]) -> int:
    """How much of the span lies inside at least one child; the children in order of start."""
    covered_us, reached_us = 0, span.start_us
    for child in children:
        end_us = min(child.end_us, span.end_us)
        covered_us += max(0, end_us - max(child.start_us, reached_us))
        reached_us = max(reached_us, end_us)
    return covered_us


def _by_span(trace: Trace, path: Iterable[Segment]) -> dict[str, int]:
    own_us = dict.fromkeys(trace.by_id, 0)
    for segment in path:
        own_us[segment.span.span_id] += segment.duration_us
    return own_us
