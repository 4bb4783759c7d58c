"""A trace in the terminal: the tree of its spans, each as a bar in time."""

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lab.duration import milliseconds
from lab.traces.bars import ASCII, UNICODE, Glyphs, Scale, bar
from lab.traces.critical_path import Segment, critical_path
from lab.traces.folding import slowest_span
from lab.traces.headline import headline, verdict
from lab.traces.labels import label, printable
from lab.traces.spans import Trace
from lab.traces.tree import Line, lines

MIN_WIDTH = 60
MIN_NAME = 12
NUMBER = 7
COLOURS = ("cyan", "magenta", "yellow", "green", "blue")
NAME_SHARE = 0.42


def render(
    trace: Trace, width: int | None = None, *, urls: tuple[str, ...] = (), fold: bool = True
) -> RenderableType:
    """The trace as it fits ``width`` columns (by default the terminal's), at least 60.

    ``urls`` are the addresses of its pages. With ``fold``, more than six siblings alike are
    shown as the longest two and one line for the rest.
    """
    return Waterfall(trace, width, urls, fold)


@dataclass(frozen=True)
class Waterfall:
    """Prints a head, the stages, the tree, and which span was waited for longest."""

    trace: Trace
    width: int | None
    urls: tuple[str, ...]
    fold: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(MIN_WIDTH, self.width or options.max_width)
        glyphs = ASCII if options.ascii_only else UNICODE
        yield from headline(self.trace, self.urls)
        yield Text()
        yield from _Sheet(self.trace, width, glyphs, self.fold).rows()
        yield Text()
        yield verdict(self.trace)
        yield Text(
            f"{glyphs.critical} the request waits for this span itself   "
            f"{glyphs.open} it doesn't   {glyphs.error} error",
            style="dim",
        )


class _Sheet:
    """The rows of the tree, all of the same width."""

    def __init__(self, trace: Trace, width: int, glyphs: Glyphs, fold: bool) -> None:
        self._glyphs = glyphs
        self._lines = lines(trace, fold=fold)
        self._slowest_id = slowest_span(trace).span.span_id
        self._critical: dict[str, list[Segment]] = {}
        for segment in critical_path(trace):
            self._critical.setdefault(segment.span.span_id, []).append(segment)
        services = list(dict.fromkeys(span.service for span in trace.spans))
        self._colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(services)}
        self._service_width = min(max(map(cell_len, services)), 12)
        needed = max(cell_len(self._name(line)) for line in self._lines)
        self._name_width = max(MIN_NAME, min(needed, int(width * NAME_SHARE)))
        bar_width = width - self._name_width - self._service_width - 2 * NUMBER - 4
        ends_us = max(span.end_us for span in trace.spans)
        self._scale = Scale(trace.spans[0].start_us, ends_us, max(bar_width, 1))

    def rows(self) -> list[Text]:
        return [self._head(), *(self._row(line) for line in self._lines)]

    def _head(self) -> Text:
        columns = f"{'ms':>{NUMBER}} {'waited':>{NUMBER}} "
        total_us = self._scale.end_us - self._scale.start_us
        end = f"{milliseconds(total_us / 1000)} ms"
        axis = f"0{end:>{self._scale.width - 1}}"
        name = set_cell_size("span", self._name_width)
        return Text(
            f"{name} {set_cell_size('service', self._service_width)} {columns}{axis}",
            style="dim",
            no_wrap=True,
        )

    def _row(self, line: Line) -> Text:
        first = line.first
        hidden = (*line.spans, *line.hidden)
        segments = [part for span in hidden for part in self._critical.get(span.span_id, ())]
        waited_us = sum(segment.duration_us for segment in segments)
        colour = self._colours[first.service]
        is_error = any(span.is_error for span in hidden)
        row = Text(no_wrap=True)
        name_style = "red" if is_error else "bold" if self._is_slowest(line) else ""
        row.append(_fitted(self._name(line), self._name_width, self._glyphs.more), name_style)
        row.append(" ")
        row.append(
            _fitted(printable(first.service), self._service_width, self._glyphs.more), colour
        )
        row.append(f" {milliseconds(sum(s.duration_ms for s in line.spans)):>{NUMBER}}")
        waited = milliseconds(waited_us / 1000) if waited_us else ""
        row.append(f" {waited:>{NUMBER}} ", "bold" if self._is_slowest(line) else "")
        row.append(self._bar(line, segments), "red" if is_error else colour)
        return row

    def _bar(self, line: Line, segments: list[Segment]) -> str:
        spans = [(span.start_us, span.end_us) for span in line.spans]
        critical = [(segment.start_us, segment.end_us) for segment in segments]
        return bar(self._scale, spans, critical, self._glyphs)

    def _is_slowest(self, line: Line) -> bool:
        return any(span.span_id == self._slowest_id for span in line.spans)

    def _name(self, line: Line) -> str:
        above, own = line.guides[:-1], line.guides[-1:]
        through = "".join(self._glyphs.through if goes_on else "  " for goes_on in above)
        fork = "".join(self._glyphs.branch if goes_on else self._glyphs.last for goes_on in own)
        mark = f"{self._glyphs.error} " if any(s.is_error for s in line.spans) else ""
        more = f"{len(line.spans)} more " if line.is_folded else ""
        return f"{through}{fork}{mark}{more}{label(line.first)}"


def _fitted(text: str, width: int, more: str) -> str:
    """The text in exactly ``width`` cells; one too long loses its middle, which tells least."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    tail = (width - 1) // 3
    head = set_cell_size(text, width - 1 - tail)
    return set_cell_size(f"{head}{more}{text[-tail:] if tail else ''}", width)
