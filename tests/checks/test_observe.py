"""Which requests the sampling check takes, and what it counts as held by Jaeger."""

from dataclasses import replace
from typing import Any

import pytest

from checks.sampling import observe
from checks.sources import MAX_QUERIES, held_by_jaeger
from checks.traces import find as find_traces
from lab.errors import UnavailableError
from lab.settings import Settings
from lab.traffic.ledger import Sent
from tests.checks.evidence import failed, sources
from tests.checks.literal import NOW_S, jaeger_json, query, trace_id


def sent(number: int, ago_s: float, *, sampled: bool = False) -> Sent:
    """A request of 900 ms, sent so long before NOW_S."""
    return Sent(NOW_S - ago_s, trace_id(number), sampled, False, 200, False, 900.0)


def test_only_requests_that_can_have_arrived_are_taken(jaeger_lab: Settings) -> None:
    """Requests from before the lab's start and those of the last seconds are left out."""
    requests = (sent(1, 2000), sent(2, 1700), sent(3, 9.0), sent(4, 8.5), sent(5, 1))
    observed = observe(sources(sent=requests, settings=jaeger_lab))
    assert [one.trace_id for one in observed.requests] == [trace_id(2), trace_id(3)]


def test_a_restart_of_one_service_starts_the_count_anew(jaeger_lab: Settings) -> None:
    """What an earlier configuration sampled tells nothing of the present one."""
    requests = (sent(1, 600), sent(2, 100))
    for service in ("gateway", "retriever", "generator", "jaeger"):
        evidence = sources(sent=requests, started={service: NOW_S - 200}, settings=jaeger_lab)
        assert [one.trace_id for one in observe(evidence).requests] == [trace_id(2)], service


def test_a_sampled_request_that_the_search_missed_is_looked_up(
    jaeger_lab: Settings, documents: dict[str, Any]
) -> None:
    """Held is what Jaeger gives by id or by search, not what the client was told."""
    documents[f"/api/traces/{trace_id(2)}"] = {"data": [jaeger_json(2)]}
    requests = tuple(sent(number, 600, sampled=True) for number in (1, 2, 3))
    observed = observe(sources(queries=(query(1),), sent=requests, settings=jaeger_lab))
    assert observed.held == {trace_id(1), trace_id(2)}


def test_without_any_running_service_the_start_is_unknown() -> None:
    """A lab that isn't there has no window; the error says what is missing."""
    gone = UnavailableError("the lab 'x' has no gateway container")
    evidence = sources(started=dict.fromkeys(("gateway", "retriever", "generator", "jaeger"), gone))
    with pytest.raises(UnavailableError, match="nothing of the lab runs: the lab 'x' has no"):
        evidence.since_s()


def test_jaeger_down_reaches_the_check() -> None:
    """The shared evidence's error is raised where a check asks for it."""
    down = UnavailableError("Jaeger doesn't answer at http://127.0.0.1:16686")
    with pytest.raises(UnavailableError, match="Jaeger doesn't answer"):
        find_traces(replace(sources(), held=failed(down)))


def test_a_search_that_gives_all_covers_the_hour(
    jaeger_lab: Settings, documents: dict[str, Any]
) -> None:
    """Fewer traces than were asked for are all there are of the last hour."""
    documents["/api/traces"] = {"data": [jaeger_json(1, round((NOW_S - 900) * 1e6))]}
    held = held_by_jaeger(jaeger_lab, NOW_S)
    assert [trace.trace_id for trace in held.queries] == [trace_id(1)]
    assert held.since_s == NOW_S - 3600


def test_a_search_that_was_cut_covers_what_it_gave(
    jaeger_lab: Settings, documents: dict[str, Any]
) -> None:
    """With more traces than are looked at, what is older than the oldest of them isn't judged."""
    newest = range(1, MAX_QUERIES + 1)
    documents["/api/traces"] = {
        "data": [jaeger_json(one, round((NOW_S - one) * 1e6)) for one in newest]
    }
    assert held_by_jaeger(jaeger_lab, NOW_S).since_s == NOW_S - MAX_QUERIES
