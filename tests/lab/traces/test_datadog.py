"""The Datadog test agent's traces."""

from typing import Any

import httpx
import pytest

from lab.errors import LabError, UnavailableError
from lab.traces.datadog import Datadog, parse_traces, trace_url

URL = "http://127.0.0.1:8126"
LOW = 0xFEDCBA9876543210


def sent(span_id: int, parent_id: int, service: str, **more: Any) -> dict[str, Any]:
    """A span as the test agent tells it, of the trace abcdef0123456789fedcba9876543210."""
    return {
        "trace_id": LOW,
        "span_id": span_id,
        "parent_id": parent_id,
        "name": "request",
        "service": service,
        "resource": "POST /query",
        "start": 1_000 + span_id,
        "duration": 500,
        "error": 0,
        "meta": {},
        "metrics": {},
        **more,
    }


def first(span_id: int, parent_id: int, service: str, priority: int) -> dict[str, Any]:
    """The first span of a process's payload, which carries the high half and the decision."""
    meta = {"_dd.p.tid": "abcdef0123456789"}
    return sent(span_id, parent_id, service, meta=meta, metrics={"_sampling_priority_v1": priority})


def answering(status: int, document: Any) -> Datadog:
    """A client of something that always answers this."""
    return Datadog(URL, httpx.MockTransport(lambda _: httpx.Response(status, json=document)))


def test_spans_of_all_services_meet_under_the_whole_trace_id() -> None:
    """The high half comes with one span of a payload and holds for all of its trace."""
    traces = parse_traces([[first(1, 0, "gateway", 2), sent(2, 1, "gateway")], [sent(3, 2, "x")]])
    (trace_id,) = traces
    assert trace_id == "abcdef0123456789fedcba9876543210"
    assert [one.span_id for one in traces[trace_id]] == [f"{n:016x}" for n in (1, 2, 3)]
    assert [one.parent_id for one in traces[trace_id]] == [None, f"{1:016x}", f"{2:016x}"]


def test_a_trace_page_is_named_by_the_lower_half_in_decimal() -> None:
    """The test agent's viewer finds a trace by the id that ddtrace puts into each span."""
    url = trace_url("http://127.0.0.1:8127", "4bf92f3577b34da6a3ce929d0e0e4736")
    assert url == "http://127.0.0.1:8127/traces/11803532876627986230"


def test_a_trace_of_64_bits_gets_leading_zeros() -> None:
    """Without a high half, it is zero."""
    assert list(parse_traces([[sent(1, 0, "gateway")]])) == ["0" * 16 + f"{LOW:016x}"]


def test_the_decision_is_on_the_first_span_only() -> None:
    """The others of its process follow it."""
    (spans,) = parse_traces([[first(1, 0, "gateway", -1), sent(2, 1, "gateway")]]).values()
    assert [one.sampling_priority for one in spans] == [-1, None]


def test_errors_and_missing_fields_are_read() -> None:
    """ddtrace leaves out what is empty."""
    told = sent(1, 0, "gateway", error=1, meta=None, metrics=None, resource=None)
    (spans,) = parse_traces([[told]]).values()
    assert (spans[0].is_error, spans[0].resource, spans[0].meta) == (True, "", {})


@pytest.mark.parametrize("field", ["trace_id", "span_id", "start", "name"])
def test_a_span_of_unknown_shape_is_an_error_that_says_so(field: str) -> None:
    """A field that ddtrace always sends is missing."""
    told = sent(1, 0, "gateway")
    del told[field]
    with pytest.raises(LabError, match=f"unknown shape.*{field}"):
        parse_traces([[told]])


def test_the_agent_tells_of_itself_and_its_traces() -> None:
    """The two calls that the lab makes."""
    with answering(200, {"version": "test"}) as datadog:
        assert datadog.info() == {"version": "test"}
    with answering(200, [[sent(1, 0, "gateway")]]) as datadog:
        assert len(datadog.traces()) == 1


def test_datadogs_own_agent_tells_no_traces() -> None:
    """With a key of one's own, the traces are on Datadog's pages, not here."""
    with answering(404, {"error": "not found"}) as agent, pytest.raises(LabError, match="404"):
        agent.traces()


def test_an_agent_that_is_not_there_is_unavailable() -> None:
    """The message names the address and what starts the lab."""
    with (
        Datadog("http://127.0.0.1:1") as datadog,
        pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1 .*invoke up"),
    ):
        datadog.info()
