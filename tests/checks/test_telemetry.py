"""What services say of their live telemetry."""

from typing import Any

import pytest

from checks.telemetry import Telemetry, parse
from lab.errors import LabError

TOLD: dict[str, Any] = {
    "service": "gateway",
    "sampler": "ParentBased{root:TraceIdRatioBased{0.1}}",
    "sample_ratio": 0.1,
    "parent_based": True,
    "exporter_endpoint": "http://jaeger:4318/v1/traces",
    "schedule_delay_ms": 5000,
    "datadog": {"agent_url": "http://datadog:8126"},
}


def test_the_documented_answer_is_read() -> None:
    """The fields that are judged come through with their types."""
    assert parse("gateway", TOLD) == Telemetry("gateway", TOLD["sampler"], 0.1, True, 5000.0)
    assert parse("gateway", {**TOLD, "sample_ratio": None}).sample_ratio is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {**TOLD, "sample_ratio": "0.1"},
        {**TOLD, "schedule_delay_ms": True},
        {key: value for key, value in TOLD.items() if key != "parent_based"},
        ["not", "an", "object"],
    ],
)
def test_another_answer_is_an_error_that_names_the_service(document: Any) -> None:
    """A field that is absent or of another type is told, with what was answered."""
    with pytest.raises(LabError, match="GET /telemetry of retriever can't be read"):
        parse("retriever", document)


def test_only_true_is_parent_based() -> None:
    """A word in place of the boolean does not pass for true."""
    assert parse("gateway", {**TOLD, "parent_based": "yes"}).parent_based is False
