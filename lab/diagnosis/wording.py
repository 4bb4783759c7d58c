"""Numbers and places as they read in a sentence."""

from lab.diagnosis.who import Culprit


def ms(value: float) -> str:
    """Milliseconds to read, whole from 10 on."""
    return f"{value:,.0f} ms" if abs(value) >= 10 else f"{value:.1f} ms"


def percent(share: float) -> str:
    """A share of 0 to 1 to read."""
    is_near_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{share:.1%}" if is_near_end else f"{share:.0%}"


def count(number: float, what: str) -> str:
    """`1 replay`, `2 replays`, `2.5 calls`."""
    return f"{number:,.4g} {what}{'s'[: number != 1]}"


def place(culprit: Culprit) -> str:
    """A function with its file and line."""
    return f"`{culprit.function}` ({culprit.file}:{culprit.line})"
