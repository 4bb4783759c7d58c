"""The document of `invoke trace --json`."""

import json

import pytest

from lab.traces.trace_json import to_json
from tests.lab.trace_literals import TRACE_ID, query, span, trace

URL = "http://127.0.0.1:16686"
DATADOG = "http://127.0.0.1:8127"


def test_the_document_tells_the_trace() -> None:
    """Its identity, length, page and stages."""
    told = to_json(query(), URL, DATADOG)
    assert (told["trace_id"], told["duration_ms"]) == (TRACE_ID, 4203.0)
    assert told["trace_url"] == f"{URL}/trace/{TRACE_ID}"
    assert told["datadog_url"] == f"{DATADOG}/traces/11803532876627986230"
    assert told["start"] == "2025-11-01T12:26:40+00:00"
    assert told["services"] == ["gateway", "generator", "retriever"]
    assert [stage["name"] for stage in told["stages"]] == [
        "retrieve",
        "rerank",
        "generate",
        "cache",
    ]
    assert told["stages"][1]["share"] == pytest.approx(423 / 4203)


def test_the_slowest_span_has_the_keys_of_a_profile() -> None:
    """The same names as in `invoke profile --json`."""
    slowest = to_json(query(), URL, DATADOG)["slowest_span"]
    assert slowest == {
        "span_id": "09",
        "name": "openai.generate",
        "service": "generator",
        "duration_ms": 3558.0,
        "self_ms": 3558.0,
        "share": pytest.approx(3558 / 4203),
        "ahead_of_next_ms": 3140.0,
        "next_span_id": "07",
    }


def test_the_critical_path_adds_up_to_the_duration() -> None:
    """From 0 to the end, one segment after the other."""
    path = to_json(query(), URL, DATADOG)["critical_path"]
    assert sum(part["duration_ms"] for part in path) == pytest.approx(4203)
    assert path[0] == {
        "span_id": "01",
        "name": "POST /query",
        "service": "gateway",
        "start_ms": 0.0,
        "duration_ms": 1.0,
    }


def test_each_span_is_told_with_its_own_times() -> None:
    """All of them, as JSON can hold them."""
    told = to_json(query(), URL, DATADOG)
    assert len(told["spans"]) == 11
    score = next(one for one in told["spans"] if one["name"] == "score")
    assert (score["start_ms"], score["self_ms"], score["critical_ms"]) == (187.0, 418.0, 418.0)
    assert told["spans"][0]["attributes"]["user_id"] == "u7"
    assert json.loads(json.dumps(told)) == told


def test_a_trace_of_one_span_has_no_next() -> None:
    """The keys stay."""
    told = to_json(trace(span("r", None, 0, 10)), URL, DATADOG)
    assert told["slowest_span"]["next_span_id"] is None
    assert told["stages"] == []
