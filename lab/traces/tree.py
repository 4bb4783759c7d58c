"""A trace as the lines of a tree, with long runs of alike spans folded into one line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.traces.spans import Span, Trace

# More siblings alike than this are folded into the longest ones and one line for the rest.
ALIKE_SHOWN_WHOLE = 6
ALIKE_SHOWN_OF_MANY = 2


@dataclass(frozen=True)
class Line:
    """One line: a span, or several alike of which ``spans`` holds all.

    ``hidden`` are the spans that have no line of their own below: the descendants of folded ones.
    ``guides`` tells for each level above whether a further sibling follows there.
    """

    spans: tuple[Span, ...]
    guides: tuple[bool, ...] = ()
    hidden: tuple[Span, ...] = ()

    @property
    def first(self) -> Span:
        return self.spans[0]

    @property
    def is_folded(self) -> bool:
        return len(self.spans) > 1


def lines(trace: Trace, *, fold: bool = True) -> tuple[Line, ...]:
    """The trace from its longest root on, then the other roots: spans that lost their parent."""
    others = [span for span in trace.roots if span is not trace.root]
    found: list[Line] = []
    stack = [Line((root,)) for root in reversed([trace.root, *others])]
    while stack:
        line = stack.pop()
        found.append(line)
        if not line.is_folded:
            below = _folded(trace, trace.children(line.first), fold=fold)
            stack.extend(reversed(_indented(line, below)))
    return tuple(found)


def _indented(above: Line, below: Sequence[Line]) -> list[Line]:
    last = len(below) - 1
    return [
        Line(line.spans, (*above.guides, index < last), line.hidden)
        for index, line in enumerate(below)
    ]


def _folded(trace: Trace, siblings: Iterable[Span], *, fold: bool) -> list[Line]:
    """Lines of siblings in order of start; a fold stands where the first of it would."""
    alike: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in siblings:
        alike[span.service, span.name].append(span)
    found: list[Line] = []
    for group in alike.values():
        if not fold or len(group) <= ALIKE_SHOWN_WHOLE:
            found += [Line((span,)) for span in group]
            continue
        by_length = sorted(group, key=lambda span: (not span.is_error, -span.duration_us))
        shown = by_length[:ALIKE_SHOWN_OF_MANY]
        ids = {span.span_id for span in shown}
        rest = tuple(span for span in group if span.span_id not in ids)
        found += [Line((span,)) for span in shown]
        found.append(Line(rest, hidden=_descendants(trace, rest)))
    return sorted(found, key=lambda line: (line.first.start_us, line.is_folded))


def _descendants(trace: Trace, spans: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    stack = list(spans)
    while stack:
        children = trace.children(stack.pop())
        found += children
        stack += children
    return tuple(found)
