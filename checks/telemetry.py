"""What a service says of its live telemetry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError


@dataclass(frozen=True)
class Telemetry:
    """The answer of one service's ``GET /telemetry``, read off its live provider.

    ``sample_ratio`` and ``schedule_delay_ms`` are None where the live sampler or span processor
    has none.
    """

    service: str
    sampler: str
    sample_ratio: float | None
    parent_based: bool
    schedule_delay_ms: float | None


def parse(service: str, document: Mapping[str, Any]) -> Telemetry:
    """Raises LabError where a field is absent or of another type."""
    try:
        return Telemetry(
            service,
            str(document["sampler"]),
            _number(document["sample_ratio"]),
            document["parent_based"] is True,
            _number(document["schedule_delay_ms"]),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise LabError(
            f"GET /telemetry of {service} can't be read ({type(wrong).__name__}: {wrong}):"
            f" {str(document)[:200]}"
        ) from wrong


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)
