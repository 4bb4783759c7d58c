"""Which trace is profiled."""

from collections.abc import Mapping

import pytest

from lab.errors import LabError, UnavailableError, UsageError
from lab.profile.choose import find_trace
from lab.traces.jaeger import Jaeger
from lab.traces.spans import AttributeValue, Trace
from lab.traffic.replay import USER_AGENT
from services.telemetry.conventions import ROOT_SPAN
from tests.lab.tiny_jaeger import TinyJaeger
from tests.lab.trace_literals import span, trace

DAY_S = 86_400.0
SINCE_1970_S = 10.0**10
ANSWERED: Mapping[str, AttributeValue] = {"http.response.status_code": 200}


def query(number: int, duration_us: int, attributes: Mapping[str, AttributeValue]) -> Trace:
    """A query's trace of one span."""
    trace_id = f"{number:032x}"
    return trace(
        span("ab", None, 0, duration_us, name=ROOT_SPAN, attributes=attributes, trace_id=trace_id)
    )


def found(*traces: Trace, trace_id: str | None = None, lost: int | None = None) -> str:
    """The id of the trace that would be profiled, where the request of ``lost`` isn't kept."""
    with Jaeger("http://jaeger", TinyJaeger(*traces).transport()) as jaeger:
        return find_trace(
            jaeger, trace_id, SINCE_1970_S, lambda asked: int(asked, 16) != lost
        ).trace_id


def test_the_slowest_answered_query_is_taken() -> None:
    """A failed query can't be replayed, a replay is slower under py-spy: both are left out."""
    failed = query(1, 9_000, {"http.response.status_code": 502})
    again = query(2, 8_000, {**ANSWERED, "user_agent.original": USER_AGENT})
    assert found(failed, again, query(3, 700, ANSWERED), query(4, 600, ANSWERED)) == f"{3:032x}"


def test_a_query_far_below_its_replays_is_found() -> None:
    """The search goes down from the slowest replay until there is a query of a user's."""
    marked = {**ANSWERED, "user_agent.original": USER_AGENT}
    replays = [query(100 + number, 90_000 + number, marked) for number in range(60)]
    assert found(query(1, 4_000, ANSWERED), *replays, query(2, 3_000, ANSWERED)) == f"{1:032x}"


def test_a_query_that_cannot_be_sent_again_is_passed_over() -> None:
    """Its request has gone from Redis; the next slowest is as good an example."""
    queries = (query(1, 9_000, ANSWERED), query(2, 700, ANSWERED), query(3, 800, ANSWERED))
    assert found(*queries, lost=1) == f"{3:032x}"


def test_with_nothing_but_replays_the_slowest_is_taken() -> None:
    """Once the queries themselves have gone, a replay is as good."""
    marked = {**ANSWERED, "user_agent.original": USER_AGENT}
    assert found(query(1, 8_000, marked), query(2, 9_000, marked)) == f"{2:032x}"


def test_without_an_answered_query_the_slowest_of_all_is_taken() -> None:
    """Better a failed query than none: its replay may tell why it failed."""
    assert found(query(1, 900, {"http.response.status_code": 502})) == f"{1:032x}"


def test_a_given_trace_is_taken_whatever_it_is() -> None:
    """With an id nothing is searched."""
    quick = query(1, 5, {})
    assert found(query(2, 9_000, ANSWERED), quick, trace_id=quick.trace_id) == quick.trace_id


def test_no_trace_at_all_names_the_command() -> None:
    """An empty Jaeger leads to `invoke traffic`."""
    with pytest.raises(LabError, match=r"no trace of a query(.|\n)*`invoke traffic"):
        found()


def test_an_unknown_id_is_an_error() -> None:
    """A trace that Jaeger doesn't have can't be profiled; an impossible id is wrong use."""
    with pytest.raises(LabError, match="Jaeger has no trace"):
        found(trace_id="ab" * 16)
    with pytest.raises(UsageError):
        found(trace_id="nonsense")


def test_jaeger_that_is_away_is_unavailable() -> None:
    """Nothing listens there: exit code 3 and the command to start the lab."""
    with (
        Jaeger("http://127.0.0.1:1") as jaeger,
        pytest.raises(UnavailableError, match="invoke up"),
    ):
        find_trace(jaeger, None, DAY_S)
