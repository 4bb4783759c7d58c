"""Checkpoint 7: the batch interval."""

from dataclasses import replace

import pytest

from checks.exporter import judge
from checks.telemetry import Telemetry
from lab.errors import LabError, UnavailableError

GOOD = Telemetry("gateway", "ParentBased", 0.1, parent_based=True, schedule_delay_ms=5000)
ALL: dict[str, Telemetry | LabError] = dict.fromkeys(("gateway", "retriever", "generator"), GOOD)


def test_five_seconds_everywhere_pass() -> None:
    """All three at 5000 ms pass."""
    found = judge(ALL)
    assert found.passed
    assert "every 5000 ms in 3 of 3 services" in found.evidence


@pytest.mark.parametrize("service", ["gateway", "retriever", "generator"])
@pytest.mark.parametrize("delay_ms", [1000.0, 30000.0])
def test_another_interval_fails(service: str, delay_ms: float) -> None:
    """One service with another interval fails, and both are named."""
    found = judge({**ALL, service: replace(GOOD, schedule_delay_ms=delay_ms)})
    assert not found.passed
    assert f"{service} exports every {delay_ms:.0f} ms" in found.evidence
    assert found.fix is not None
    assert "SCHEDULE_DELAY_MS = 5000" in found.fix


def test_a_processor_without_batches_fails() -> None:
    """A span processor that has no interval exports at each span's end."""
    found = judge({**ALL, "generator": replace(GOOD, schedule_delay_ms=None)})
    assert not found.passed
    assert "generator has no BatchSpanProcessor" in found.evidence


def test_a_service_that_does_not_tell_fails() -> None:
    """A service that can't be asked fails with the reason."""
    found = judge({**ALL, "retriever": UnavailableError("no retriever container")})
    assert not found.passed
    assert "no retriever container" in found.evidence
    assert found.fix == "invoke up"
