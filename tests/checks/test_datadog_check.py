"""Checkpoint 6: Datadog holds the same traces."""

from typing import Any

import pytest

from checks.datadog import Compared, compare, has_api_key, judge, judge_real_agent
from lab.errors import UnavailableError
from lab.settings import Settings
from lab.traces.datadog import DatadogSpan
from lab.traffic.ledger import Sent
from tests.checks.evidence import STARTED_S, sources
from tests.checks.literal import NOW_S, jaeger_json, only, queries, query, trace_id

ALL = frozenset({"gateway", "retriever", "generator"})
IDS = [trace_id(number) for number in range(1, 13)]


def compared(**changes: Any) -> Compared:
    """Twelve traces in both, but for these changes."""
    good: dict[str, Any] = {
        "jaeger": dict.fromkeys(IDS, ALL),
        "datadog": dict.fromkeys(IDS, ALL | {"openai"}),
        "only_datadog": (),
        "unsampled": frozenset({trace_id(77), trace_id(78)}),
        "dropped": (),
    }
    return Compared(**{**good, **changes})


def test_the_same_ids_and_services_pass() -> None:
    """All of Jaeger's traces in Datadog, and no other, pass; the limits of the agent are told."""
    found = judge(compared())
    assert found.passed
    assert "12 of 12 trace ids in both, 0 of 2 unsampled requests in Datadog" in found.evidence
    assert "knows what came since it started" in found.evidence


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"datadog": dict.fromkeys(IDS[1:], ALL)}, "1 of 12 traces in Jaeger are not in Datadog"),
        ({"datadog": {}}, f"12 of 12 traces in Jaeger are not in Datadog, as {IDS[0]}"),
        (
            {"datadog": dict.fromkeys([*IDS, trace_id(77)], ALL)},
            f"1 unsampled requests are in Datadog, as {trace_id(77)}",
        ),
        ({"only_datadog": (trace_id(99),)}, f"1 traces are in Datadog alone, as {trace_id(99)}"),
        ({"dropped": (IDS[0],)}, "1 traces are in Datadog with a priority that says drop"),
        (
            {"datadog": {**dict.fromkeys(IDS, ALL), IDS[3]: frozenset({"gateway", "retriever"})}},
            f"1 traces lack a service in Datadog, as {IDS[3]} lacks generator",
        ),
    ],
)
def test_each_difference_fails(changes: dict[str, Any], told: str) -> None:
    """A lost trace, an extra one, another decision and a lost service fail by name."""
    found = judge(compared(**changes))
    assert not found.passed
    assert told in found.evidence
    assert found.fix is not None
    assert "services/telemetry" in found.fix


def test_nothing_to_compare_fails() -> None:
    """Two empty backends agree on nothing."""
    found = judge(compared(jaeger={}, datadog={}))
    assert not found.passed
    assert found.fix == "invoke traffic --scenario cold --requests 100"


def datadog_trace(
    number: int, ago_s: float, priority: int = 2, services: tuple[str, ...] = tuple(sorted(ALL))
) -> dict[str, tuple[DatadogSpan, ...]]:
    """A trace as Datadog has it."""
    start_ns = round((NOW_S - ago_s) * 1e9)
    spans = tuple(
        DatadogSpan(
            trace_id=trace_id(number),
            span_id=f"{place:016x}",
            parent_id=None,
            name="fastapi.request",
            service=service,
            resource="POST /query",
            start_ns=start_ns,
            duration_ns=4_200_000_000,
            metrics={"_sampling_priority_v1": float(priority)},
        )
        for place, service in enumerate(services, 1)
    )
    return {trace_id(number): spans}


def test_what_both_hold_is_compared(jaeger_lab: Settings) -> None:
    """Ids and services are taken from both sides, unsampled ids from the ledger."""
    dropped = Sent(NOW_S - 500, trace_id(77), False, False, 200, False, 900)
    kept = Sent(NOW_S - 500, trace_id(1), True, False, 200, False, 900)
    both = compare(
        sources(
            queries=(query(1), only(query(2), ["gateway"])),
            sent=(dropped, kept),
            settings=jaeger_lab,
        ),
        {**datadog_trace(1, 600), **datadog_trace(2, 600)},
    )
    assert both == Compared(
        jaeger={trace_id(1): ALL, trace_id(2): frozenset({"gateway"})},
        datadog={trace_id(1): ALL, trace_id(2): ALL},
        only_datadog=(),
        unsampled=frozenset({trace_id(77)}),
        dropped=(),
    )


def test_what_datadog_alone_holds_is_looked_up_in_jaeger(
    jaeger_lab: Settings, documents: dict[str, Any]
) -> None:
    """An id that the search didn't give is Datadog's alone only if Jaeger hasn't got it."""
    documents[f"/api/traces/{trace_id(8)}"] = {"data": [jaeger_json(8)]}
    told = {**datadog_trace(1, 600), **datadog_trace(8, 600), **datadog_trace(9, 600)}
    both = compare(sources(queries=(query(1),), settings=jaeger_lab), told)
    assert both.only_datadog == (trace_id(9),)


def test_only_what_both_had_time_for_is_compared(jaeger_lab: Settings) -> None:
    """Traces from before the agent's start and traces still under way are left out."""
    started_s = NOW_S - 300
    both = compare(
        sources(
            queries=(query(1, ago_s=400), *queries(3, ago_s=200), query(9, ago_s=6)),
            started={"datadog": started_s},
            settings=jaeger_lab,
        ),
        {**datadog_trace(50, 400), **datadog_trace(51, 6)},
    )
    assert started_s > STARTED_S
    assert set(both.jaeger) == {trace_id(1), trace_id(2), trace_id(3)}
    assert both.only_datadog == ()


def test_a_trace_to_be_dropped_is_found_by_its_priority(jaeger_lab: Settings) -> None:
    """Datadog holding a trace with priority -1 is told."""
    both = compare(
        sources(queries=(query(1),), settings=jaeger_lab), datadog_trace(1, 600, priority=-1)
    )
    assert both.dropped == (trace_id(1),)


def test_the_real_agent_is_asked_for_what_it_can_tell(
    datadog_lab: Settings, documents: dict[str, Any]
) -> None:
    """Datadog's own agent passes by being there, and the evidence says what was not compared."""
    documents["/info"] = {"version": "7.71.1", "endpoints": []}
    found = judge_real_agent(datadog_lab)
    assert found.passed
    assert "agent 7.71.1" in found.evidence
    assert "not compared" in found.evidence


def test_the_real_agent_gone_cannot_be_checked() -> None:
    """Nobody at the agent's port is an error that says so."""
    with pytest.raises(UnavailableError, match="Datadog agent doesn't answer"):
        judge_real_agent(Settings(port_offset=-8125))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (["PATH=/bin", "DD_API_KEY=0123"], True),
        (["PATH=/bin", "DD_API_KEY="], False),
        (["DD_API_KEY_FILE=/run/key"], False),
        ([], False),
    ],
)
def test_a_key_makes_the_agent_datadogs_own(environment: list[str], expected: bool) -> None:
    """Only a key with a value means that traces leave the machine."""
    assert has_api_key(environment) is expected
