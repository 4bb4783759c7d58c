"""Lengths of time as people write them: 500ms, 2s, 1h30m, 24h, 7d."""

import re

from lab.errors import UsageError

UNIT_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
PART = r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)"
WHOLE = re.compile(f"(?:{PART})+", re.ASCII)
LONGEST_US = 3_650 * UNIT_US["d"]


def parse_us(text: str, what: str = "the duration") -> int:
    """Whole microseconds of e.g. ``1h30m``. Raises UsageError that names ``what`` was wrong."""
    compact = text.strip().lower()
    if not WHOLE.fullmatch(compact):
        example = f"{compact}s" if compact.isdecimal() else "500ms, 2s, 1h30m or 24h"
        raise UsageError(f"{what} is {text!r}; give number and unit, such as {example}")
    parts = re.findall(PART, compact, re.ASCII)
    total_us = sum(float(number) * UNIT_US[unit] for number, unit in parts)
    if total_us > LONGEST_US:
        raise UsageError(f"{what} is {text!r}; ten years is the longest")
    return round(total_us)


def milliseconds(duration_ms: float) -> str:
    """A duration for a table, in ms without the unit: ``4,203``, ``182``, ``15.2``, ``0.41``."""
    if duration_ms >= 99.95:
        return f"{duration_ms:,.0f}"
    return f"{duration_ms:.1f}" if duration_ms >= 9.995 else f"{duration_ms:.2f}"


def seconds(duration_s: float) -> str:
    """A duration for a sentence, in the largest unit that divides it: ``24 h``, ``90 s``."""
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if duration_s >= 2 * length_s - 1 and duration_s % length_s == 0:
            return f"{duration_s / length_s:.0f} {unit}"
    return f"{duration_s:g} s"
