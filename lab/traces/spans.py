"""Spans and traces as the rest of the lab sees them: frozen, backend-neutral."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

AttributeValue = str | int | float | bool
Place = tuple[tuple[str, str], ...]
"""(service, span name) from the root down to a span: the same in every replay of a request."""


@dataclass(frozen=True)
class Event:
    """A span event. ``time_us`` is microseconds since the epoch."""

    time_us: int
    name: str
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """One span.

    Times are whole microseconds, since the epoch for ``start_us``; ids are lower-case hex.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    service: str
    kind: str
    start_us: int
    duration_us: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    resource: Mapping[str, AttributeValue] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    is_error: bool = False

    @property
    def end_us(self) -> int:
        return self.start_us + self.duration_us

    @property
    def duration_ms(self) -> float:
        return self.duration_us / 1000


@dataclass(frozen=True)
class Trace:
    """All spans of one trace id, in order of start."""

    trace_id: str
    spans: tuple[Span, ...]

    @staticmethod
    def of(spans: Iterable[Span]) -> "Trace":
        """Build a trace from at least one span, all of one trace id."""
        ordered = tuple(sorted(spans, key=lambda s: (s.start_us, -s.duration_us, s.span_id)))
        ids = {span.trace_id for span in ordered}
        if len(ids) != 1:
            raise ValueError(f"a trace needs spans of exactly one trace id, got {sorted(ids)}")
        return Trace(ids.pop(), ordered)

    @cached_property
    def by_id(self) -> Mapping[str, Span]:
        return {span.span_id: span for span in self.spans}

    @cached_property
    def _children(self) -> Mapping[str, tuple[Span, ...]]:
        found: dict[str, list[Span]] = {}
        for span in self.spans:
            if span.parent_id is not None:
                found.setdefault(span.parent_id, []).append(span)
        return {parent: tuple(children) for parent, children in found.items()}

    def children(self, span: Span) -> tuple[Span, ...]:
        """The span's direct children in order of start."""
        return self._children.get(span.span_id, ())

    @cached_property
    def roots(self) -> tuple[Span, ...]:
        """Spans whose parent is not in this trace: more than one where context was lost."""
        return tuple(span for span in self.spans if span.parent_id not in self.by_id)

    @property
    def root(self) -> Span:
        """The longest of the roots: the request itself."""
        return max(self.roots, key=lambda span: span.duration_us)
