"""Checkpoint 2: one request in ten is sampled."""

from dataclasses import replace

import pytest

from checks.sampling import Observed, judge
from checks.telemetry import Telemetry
from lab.errors import LabError, UnavailableError
from lab.traffic.ledger import Sent
from tests.checks.literal import trace_id

TENTH = "ParentBased{root:TraceIdRatioBased{0.1}}"


def telemetry(**changes: object) -> dict[str, Telemetry | LabError]:
    """Three services as they should be, the generator with these changes."""
    good = Telemetry("", TENTH, 0.1, parent_based=True, schedule_delay_ms=5000)
    told = {name: replace(good, service=name) for name in ("gateway", "retriever", "generator")}
    return {**told, "generator": replace(told["generator"], **changes)}  # type: ignore[arg-type]


def sent(number: int, *, sampled: bool, forced: bool = False) -> Sent:
    """One request of the ledger."""
    return Sent(1.0 + number, trace_id(number), sampled, forced, 200, cached=False, duration_ms=900)


def observed(kept: int, of: int) -> Observed:
    """So many requests, the first of them sampled and held by Jaeger."""
    requests = tuple(sent(number, sampled=number <= kept) for number in range(1, of + 1))
    return Observed(requests, frozenset(trace_id(number) for number in range(1, kept + 1)))


def test_a_tenth_configured_and_observed_passes() -> None:
    """13 of 130 kept is what is expected; the evidence has the numbers, the test and its power."""
    found = judge(telemetry(), observed(13, 130))
    assert found.passed
    assert "configured 0.10, parent-based, in gateway, retriever, generator" in found.evidence
    assert "Jaeger holds 13 of 130 requests (10.0%), expected 13.0: p = 1" in found.evidence
    assert "exact binomial, two-sided by small probabilities, alpha 0.001" in found.evidence
    assert "0.5 with > 99.9 %" in found.evidence
    assert "all 13 sampled requests are in Jaeger (0 forced)" in found.evidence


@pytest.mark.parametrize("ratio", [0.05, 0.5, 0.0, 1.0, 0.001])
def test_another_configured_ratio_fails(ratio: float) -> None:
    """One service with another ratio fails whatever is observed, and is named."""
    found = judge(telemetry(sample_ratio=ratio), observed(13, 130))
    assert not found.passed
    assert f"generator samples {ratio:g} instead of 0.10" in found.evidence
    assert found.fix is not None
    assert "sampler = TraceIdRatioBased(0.10)" in found.fix
    assert "configured 0.10, parent-based, in gateway, retriever" in found.evidence


def test_a_sampler_without_a_ratio_fails() -> None:
    """A sampler of another kind is shown as it describes itself."""
    found = judge(telemetry(sample_ratio=None, sampler="AlwaysOnSampler"), observed(13, 130))
    assert not found.passed
    assert "generator samples by no ratio but AlwaysOnSampler" in found.evidence


def test_one_cause_has_one_fix() -> None:
    """A wrong ratio that is both configured and observed is mended once."""
    wrong = judge(telemetry(sample_ratio=0.5), observed(65, 130))
    assert str(wrong.fix).count("TraceIdRatioBased") == 1
    lost = judge(telemetry(), observed(65, 130))
    assert "invoke logs --service gateway" in str(lost.fix)


def test_a_sampler_that_ignores_its_caller_fails() -> None:
    """Without ParentBased a service decides on its own, and traces fall apart."""
    found = judge(telemetry(parent_based=False), observed(13, 130))
    assert not found.passed
    assert found.fix is not None
    assert "ParentBased" in found.fix


def test_a_service_that_does_not_tell_fails() -> None:
    """A service whose configuration can't be read fails the check with the reason."""
    told = {**telemetry(), "retriever": UnavailableError("the retriever container is exited")}
    found = judge(told, observed(13, 130))
    assert not found.passed
    assert "the retriever container is exited" in found.evidence
    assert found.fix == "invoke up"


@pytest.mark.parametrize(("kept", "of"), [(0, 130), (130, 130), (65, 130), (1, 130), (50, 1000)])
def test_another_observed_ratio_fails(kept: int, of: int) -> None:
    """What was really kept refutes the configured tenth: none, all, a half, a thousandth, 0.05."""
    found = judge(telemetry(), observed(kept, of))
    assert not found.passed
    assert f"Jaeger holds {kept} of {of} requests" in found.evidence


@pytest.mark.parametrize(("kept", "of"), [(5, 130), (24, 130), (80, 1000), (120, 1000)])
def test_chance_alone_does_not_fail(kept: int, of: int) -> None:
    """Ratios that a healthy sampler shows now and then pass."""
    assert judge(telemetry(), observed(kept, of)).passed


def test_too_few_requests_fail_and_name_the_traffic() -> None:
    """With 40 requests nothing can be judged; the check says how many are needed."""
    found = judge(telemetry(), observed(4, 40))
    assert not found.passed
    assert "only 40 requests since the lab started" in found.evidence
    assert found.fix is not None
    assert found.fix.startswith("invoke traffic --scenario cold --requests ")
    assert judge(telemetry(), Observed((), frozenset())).passed is False


def test_forced_requests_are_left_out_of_the_ratio() -> None:
    """A hundred forced requests don't make a sampler of a tenth look greedy."""
    honest = observed(13, 130)
    forced = tuple(sent(number, sampled=True, forced=True) for number in range(1000, 1100))
    both = Observed((*honest.requests, *forced), honest.held | {one.trace_id for one in forced})
    found = judge(telemetry(), both)
    assert found.passed
    assert "13 of 130 requests" in found.evidence
    assert "all 113 sampled requests are in Jaeger (100 forced)" in found.evidence


def test_what_jaeger_holds_counts_and_not_what_the_client_was_told() -> None:
    """Sampled by the response header but absent from Jaeger: lost, and not counted as kept."""
    told = observed(13, 130)
    found = judge(telemetry(), replace(told, held=frozenset()))
    assert not found.passed
    assert "Jaeger holds 0 of 130" in found.evidence
    assert f"13 of 13 sampled requests are not in Jaeger, as {trace_id(1)}" in found.evidence


def test_one_lost_trace_fails() -> None:
    """A single sampled request that Jaeger doesn't hold is enough."""
    told = observed(13, 130)
    found = judge(telemetry(), replace(told, held=told.held - {trace_id(7)}))
    assert not found.passed
    assert f"1 of 13 sampled requests are not in Jaeger, as {trace_id(7)}" in found.evidence


def test_an_unsampled_request_in_jaeger_fails() -> None:
    """Jaeger holding what was told to be dropped means that a service decides on its own."""
    told = observed(13, 130)
    found = judge(telemetry(), replace(told, held=told.held | {trace_id(99)}))
    assert not found.passed
    assert "1 requests told to be unsampled are in Jaeger" in found.evidence


def test_without_jaeger_the_configuration_is_still_told() -> None:
    """Jaeger down fails the check, says so, and still shows what is configured."""
    found = judge(telemetry(), UnavailableError("Jaeger doesn't answer at http://127.0.0.1:16686"))
    assert not found.passed
    assert "Jaeger doesn't answer at http://127.0.0.1:16686" in found.evidence
    assert "configured 0.10" in found.evidence
    assert found.fix == "invoke up"
