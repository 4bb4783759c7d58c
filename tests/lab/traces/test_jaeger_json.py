"""Jaeger's JSON turned into traces."""

from copy import deepcopy
from typing import Any

import pytest

from lab.errors import LabError
from lab.traces.jaeger_json import parse_trace
from lab.traces.spans import Event

# As Jaeger 1.76 with Badger sent it, shortened.
SENT: dict[str, Any] = {
    "traceID": "0123456789abcdef",
    "spans": [
        {
            "traceID": "0123456789abcdef",
            "spanID": "00000000000000a1",
            "operationName": "POST /query",
            "references": [
                {
                    "refType": "CHILD_OF",
                    "traceID": "0123456789abcdef",
                    "spanID": "feedfeedfeedfeed",
                }
            ],
            "startTime": 1795376891722175,
            "duration": 4000,
            "tags": [
                {"key": "big", "type": "int64", "value": "1152921504606846976"},
                {"key": "cache.hit", "type": "bool", "value": True},
                {"key": "cost_usd", "type": "float64", "value": 2},
                {"key": "list", "type": "string", "value": '["a","b"]'},
                {"key": "span.kind", "type": "string", "value": "server"},
                {"key": "thread.id", "type": "int64", "value": 12},
            ],
            "logs": [],
            "processID": "p1",
            "warnings": ["invalid parent span IDs=feedfeedfeedfeed"],
        },
        {
            "traceID": "0123456789abcdef",
            "spanID": "00000000000000a2",
            "operationName": "embed",
            "references": [
                {"refType": "FOLLOWS_FROM", "traceID": "f" * 32, "spanID": "eeeeeeeeeeeeeeee"},
                {
                    "refType": "CHILD_OF",
                    "traceID": "0123456789abcdef",
                    "spanID": "00000000000000a1",
                },
            ],
            "startTime": 1795376891722185,
            "duration": 0,
            "tags": [
                {"key": "error", "type": "bool", "value": True},
                {"key": "otel.status_code", "type": "string", "value": "ERROR"},
            ],
            "logs": [
                {
                    "timestamp": 1795376891722186,
                    "fields": [
                        {"key": "event", "type": "string", "value": "exception"},
                        {"key": "exception.type", "type": "string", "value": "E"},
                    ],
                }
            ],
            "processID": "p2",
            "warnings": None,
        },
    ],
    "processes": {
        "p1": {
            "serviceName": "gateway",
            "tags": [{"key": "process.pid", "type": "int64", "value": 7}],
        },
        "p2": {"serviceName": "retriever", "tags": []},
    },
    "warnings": None,
}


def sent() -> dict[str, Any]:
    """A copy to change."""
    return deepcopy(SENT)


def test_spans_keep_what_jaeger_told_of_them() -> None:
    """Names, times, kind, service and the process's tags."""
    root = parse_trace(sent()).spans[0]
    assert (root.name, root.service, root.kind) == ("POST /query", "gateway", "server")
    assert (root.start_us, root.duration_us) == (1795376891722175, 4000)
    assert root.resource == {"process.pid": 7, "service.name": "gateway"}


def test_a_short_trace_id_gets_its_leading_zeros_back() -> None:
    """Jaeger leaves out a high half of zeros."""
    found = parse_trace(sent())
    assert found.trace_id == "00000000000000000123456789abcdef"
    assert {one.trace_id for one in found.spans} == {found.trace_id}


def test_tags_keep_their_types() -> None:
    """Numbers too big for JavaScript come as text and are numbers again; 2.0 comes as 2."""
    attributes = parse_trace(sent()).spans[0].attributes
    assert attributes["big"] == 2**60
    assert attributes["cache.hit"] is True
    assert isinstance(attributes["cost_usd"], float)
    assert attributes["thread.id"] == 12
    assert attributes["list"] == '["a","b"]'


def test_links_are_no_parents() -> None:
    """A FOLLOWS_FROM reference, even listed first, doesn't hang the span elsewhere."""
    assert parse_trace(sent()).spans[1].parent_id == "00000000000000a1"


def test_a_parent_in_another_trace_is_a_link() -> None:
    """The span is a root here."""
    changed = sent()
    changed["spans"][1]["references"][1]["traceID"] = "c" * 32
    assert parse_trace(changed).spans[1].parent_id is None


def test_a_span_that_names_itself_as_parent_is_a_root() -> None:
    """It would hang from nothing otherwise."""
    changed = sent()
    changed["spans"][0]["references"][0]["spanID"] = "00000000000000a1"
    assert parse_trace(changed).root.parent_id is None


def test_errors_and_events_are_read() -> None:
    """The error tag marks the span; a log's `event` field is the event's name."""
    root, failed = parse_trace(sent()).spans
    assert (root.is_error, failed.is_error) == (False, True)
    assert failed.events == (Event(1795376891722186, "exception", {"exception.type": "E"}),)
    assert failed.kind == "internal"


def test_a_span_sent_twice_is_one() -> None:
    """A retried export leaves the same span id twice."""
    changed = sent()
    changed["spans"].append(changed["spans"][1])
    assert len(parse_trace(changed).spans) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startTime", "soon"),
        ("startTime", True),
        ("duration", -1),
        ("duration", None),
        ("processID", "p9"),
        ("tags", [{"type": "string"}]),
        ("tags", [{"key": "n", "type": "int64", "value": "many"}]),
        ("traceID", "fedcba9876543210"),
        ("references", [{"refType": "CHILD_OF"}]),
    ],
)
def test_a_span_of_unknown_shape_is_an_error_that_says_so(field: str, value: object) -> None:
    """It names the trace and the API's versions, and never passes as a trace."""
    changed = sent()
    changed["spans"][1][field] = value
    with pytest.raises(LabError, match=r"0123456789abcdef in an unknown shape.*1\.76"):
        parse_trace(changed)


@pytest.mark.parametrize("document", [None, [], "trace", {}, {"traceID": "1", "spans": []}])
def test_what_is_no_trace_at_all_is_an_error(document: object) -> None:
    """So is a trace without spans."""
    with pytest.raises(LabError, match="unknown shape"):
        parse_trace(document)


def test_spans_in_a_circle_are_an_error() -> None:
    """A trace whose spans are each other's parents has no root to begin at."""
    changed = sent()
    changed["spans"][0]["references"][0]["spanID"] = "00000000000000a2"
    with pytest.raises(LabError, match="no root"):
        parse_trace(changed)
