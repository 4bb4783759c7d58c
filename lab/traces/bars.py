"""Spans as bars of character cells."""

from collections.abc import Iterable
from dataclasses import dataclass

Interval = tuple[int, int]
# A cell belongs to the critical path if at least half of the bar's time in it does.
HALF = 0.5


@dataclass(frozen=True)
class Glyphs:
    """The characters of a waterfall, each one cell wide."""

    critical: str
    open: str
    error: str
    through: str
    branch: str
    last: str
    more: str


UNICODE = Glyphs("█", "░", "✗", "│ ", "├ ", "└ ", "…")
ASCII = Glyphs("#", "-", "x", "| ", "|-", "`-", "~")


@dataclass(frozen=True)
class Scale:
    """``width`` cells stand for the time from ``start_us`` to ``end_us``."""

    start_us: int
    end_us: int
    width: int

    def cell(self, time_us: float) -> float:
        """Where a time lies, in cells from the left, kept inside."""
        length_us = max(1, self.end_us - self.start_us)
        return min(max((time_us - self.start_us) / length_us, 0.0), 1.0) * self.width


def bar(scale: Scale, spans: Iterable[Interval], critical: Iterable[Interval], of: Glyphs) -> str:
    """One line: the intervals ``spans`` drawn open, and where they are ``critical`` drawn so.

    Each interval takes at least one cell.
    """
    drawn = [0.0] * scale.width
    waited = [0.0] * scale.width
    for interval in spans:
        first, last = _cells(scale, interval)
        for cell in range(first, last):
            drawn[cell] += _overlap(scale, interval, cell) or 1e-9
    for interval in critical:
        first, last = _cells(scale, interval)
        for cell in range(first, last):
            waited[cell] += _overlap(scale, interval, cell)
    cells = zip(drawn, waited, strict=True)
    return "".join(_glyph(opened, waits, of) for opened, waits in cells)


def _cells(scale: Scale, interval: Interval) -> tuple[int, int]:
    first = min(int(scale.cell(interval[0])), scale.width - 1)
    end = scale.cell(interval[1])
    return first, max(first + 1, int(end) + (end > int(end)))


def _overlap(scale: Scale, interval: Interval, cell: int) -> float:
    left, right = scale.cell(interval[0]), scale.cell(interval[1])
    return max(0.0, min(right, cell + 1) - max(left, cell))


def _glyph(opened: float, waits: float, of: Glyphs) -> str:
    if not opened:
        return " "
    return of.critical if waits >= HALF * opened else of.open
