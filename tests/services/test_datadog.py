"""ddtrace beside OpenTelemetry, in a process that ddtrace-run started."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
LOW_64 = str(int(TRACE_ID[16:], 16))
KEPT = ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01")
DROPPED = ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-00")
ENVIRONMENT = {
    "OTEL_SERVICE_NAME": "gateway",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    "OTEL_TRACES_SAMPLER_ARG": "0",
    "DD_SERVICE": "gateway",
    "DD_ENV": "lab",
    "DD_TRACE_AGENT_URL": "http://127.0.0.1:1",
    "DD_TRACE_PROPAGATION_STYLE": "datadog",
    "DD_TRACE_FASTAPI_ENABLED": "false",
    "DD_TRACE_STARLETTE_ENABLED": "false",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
}
# What a caller may send in Datadog's headers beside a sampled traceparent.
MALFORMED = {
    "no number": [("x-datadog-trace-id", "abc"), ("x-datadog-parent-id", "7")],
    "negative": [("x-datadog-trace-id", f"-{LOW_64}"), ("x-datadog-parent-id", "7")],
    "another trace": [("x-datadog-trace-id", "12345"), ("x-datadog-parent-id", "7")],
    "empty": [("x-datadog-trace-id", ""), ("x-datadog-parent-id", "")],
    "parent alone": [("x-datadog-parent-id", "7")],
    "trace alone": [("x-datadog-trace-id", LOW_64)],
    "parent 0": [("x-datadog-trace-id", LOW_64), ("x-datadog-parent-id", "0")],
    "parent too large": [("x-datadog-trace-id", LOW_64), ("x-datadog-parent-id", str(2**64))],
    "parent of many digits": [("x-datadog-trace-id", LOW_64), ("x-datadog-parent-id", "9" * 400)],
    "parent with a space": [("x-datadog-trace-id", LOW_64), ("x-datadog-parent-id", "7 8")],
    "two traces": [
        ("x-datadog-trace-id", LOW_64), ("x-datadog-trace-id", "9"), ("x-datadog-parent-id", "7"),
    ],
    "rejects": [("x-datadog-sampling-priority", "-1"), ("x-datadog-tags", "_dd.p.tid=zz")],
}  # fmt: skip
REQUESTS: dict[str, list[tuple[str, str]]] = {
    "kept": [KEPT],
    "dropped": [DROPPED],
    "kept with parent": [KEPT, ("x-datadog-trace-id", LOW_64), ("x-datadog-parent-id", "7")],
    "datadog headers alone": [
        ("x-datadog-trace-id", "99"), ("x-datadog-parent-id", "7"),
        ("x-datadog-sampling-priority", "2"),
    ],
    "keeps what is dropped": [DROPPED, ("x-datadog-sampling-priority", "2")],
    **{name: [KEPT, *headers] for name, headers in MALFORMED.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What the probe saw of all requests, by their names, and the rest it told."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("ddtrace-run"), sys.executable, "-m",
         "tests.services.datadog_probe"],
        input=json.dumps(list(REQUESTS.values())),
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    document.update(zip(REQUESTS, document.pop("requests"), strict=True))
    return document


def test_kept_trace_is_in_both_under_one_id(found: dict[str, Any]) -> None:
    """The 128-bit trace id is OpenTelemetry's; the server span is the request's root in Datadog."""
    request = found["kept"]
    assert {span["trace_id"] for span in request["otel"]} == {TRACE_ID}
    assert {span["trace_id"] for span in request["datadog"]} == {TRACE_ID}
    root = request["datadog"][0]
    assert (root["name"], root["resource"]) == ("fastapi.request", "POST /query")
    assert not root["parent_id"]
    assert root["tags"]["user_id"] == "u1"


def test_stages_and_calls_are_in_both(found: dict[str, Any]) -> None:
    """A span of ours has its twin, with attributes, and the library's call lies below it."""
    request = found["kept"]
    assert [span["name"] for span in request["otel"]] == ["retrieve", "POST /query"]
    by_name = {span["name"]: span for span in request["datadog"]}
    assert set(by_name) == {"fastapi.request", "retrieve", "http.request"}
    assert by_name["retrieve"]["parent_id"] == by_name["fastapi.request"]["span_id"]
    assert by_name["http.request"]["parent_id"] == by_name["retrieve"]["span_id"]
    assert by_name["retrieve"]["tags"]["passages"] == 3


def test_dropped_trace_is_in_neither(found: dict[str, Any]) -> None:
    """Nothing is sent to the agent either; Datadog's own headers can't change that."""
    for name in ("dropped", "datadog headers alone", "keeps what is dropped"):
        assert found[name]["status"] == 200
        assert found[name]["otel"] == []
        assert found[name]["datadog"] == []


def test_dropped_trace_costs_no_spans(found: dict[str, Any]) -> None:
    """ddtrace doesn't even make the spans that would be dropped, nor send its headers on."""
    assert found["kept"]["started"] == 3
    assert found["dropped"]["started"] == 0
    assert not [name for name in found["dropped"]["sent"] if name.startswith("x-datadog")]


def test_parent_is_taken_if_it_is_of_the_same_trace(found: dict[str, Any]) -> None:
    """The caller's Datadog span is the parent of ours."""
    assert found["kept with parent"]["datadog"][0]["parent_id"] == 7


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_headers_change_nothing(found: dict[str, Any], name: str) -> None:
    """The request is answered, its trace kept under OpenTelemetry's id, without a parent."""
    request = found[name]
    assert request["status"] == 200
    assert {span["trace_id"] for span in request["datadog"]} == {TRACE_ID}
    assert not request["datadog"][0]["parent_id"]


def test_next_service_gets_both_contexts(found: dict[str, Any]) -> None:
    """The lower 64 bits go in Datadog's header, the upper in its tags, and the decision."""
    sent = found["kept"]["sent"]
    http = next(span for span in found["kept"]["datadog"] if span["name"] == "http.request")
    assert sent["x-datadog-trace-id"] == LOW_64
    assert sent["x-datadog-parent-id"] == str(http["span_id"])
    assert f"_dd.p.tid={TRACE_ID[:16]}" in sent["x-datadog-tags"]
    assert sent["x-datadog-sampling-priority"] == "2"


def test_span_outside_of_a_request_is_not_sent(found: dict[str, Any]) -> None:
    """Nobody decided to keep it."""
    assert found["background"] == 0


def test_configuration_is_told(found: dict[str, Any]) -> None:
    """/telemetry has ddtrace's, read off the tracer."""
    told = found["telemetry"]["datadog"]
    assert told["enabled"] is True
    assert told["agent_url"] == "http://127.0.0.1:1"
    assert (told["service"], told["env"]) == ("gateway", "lab")
    assert told["propagation"] == {"extract": ["datadog"], "inject": ["datadog"]}
    assert told["trace_ids_128_bit"] is True
    assert told["decides_sampling"] == "opentelemetry"
