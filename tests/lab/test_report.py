"""A profile for programs, for a terminal, and as markdown."""

import json
from dataclasses import replace

import pytest

from lab.clock import Clock
from lab.cuts import FunctionTime
from lab.findings import Contributor, Profile, Recordings, Slowest, Verdict
from lab.report import summary, to_json
from lab.report_markdown import markdown

PROFILE = Profile(
    trace_id="ab" * 16,
    trace_url="http://127.0.0.1:16686/trace/" + "ab" * 16,
    request_ms=4200.0,
    slowest=Slowest("openai.generate", "generator", 3510.0, 3500.0, 0.8333333, "score", 3100.0),
    verdict=Verdict(
        cause="io_wait",
        confidence="high",
        evidence=("its thread computed for 14 ms of 3,500 ms (0.4%)",),
        hypothesis="`openai.generate` waits for the answer to `POST` to providers.",
        next_step="Ask for less.",
        function="Answerer.ask",
        file="services/generator/llm.py",
        line=57,
    ),
    contributors=(
        Contributor("openai.generate", "generator", "Answerer.ask", "io_wait", 3500.0),
        Contributor("score", "retriever", None, "cpu", 400.0),
    ),
    functions=(
        FunctionTime("SyncStream.read", "httpcore2/_backends/sync.py", 126, 3_495_000, 3_495_000),
        FunctionTime("Answerer.ask", "services/generator/llm.py", 57, 0, 3_495_000),
    ),
    recordings=Recordings(
        service="generator",
        container_id="c" * 64,
        seconds=10,
        replays=2,
        samples=700,
        rate_hz=100,
        clock=Clock(0, 3_000, 8_000, 4),
        wall_clock=True,
        cost_usd=0.4842,
        notes=("The span names no container; the one of generator was profiled.",),
    ),
    artifacts={"flamegraph": "/r/profile.svg", "analysis": "/r/bottleneck_analysis.md"},
)


def test_the_document_has_the_promised_keys() -> None:
    """Programs rely on these keys, in all of the document, and on a closed list of causes."""
    document = json.loads(json.dumps(to_json(PROFILE)))
    assert document == {
        "trace_id": "ab" * 16,
        "trace_url": "http://127.0.0.1:16686/trace/" + "ab" * 16,
        "slowest_span": {
            "name": "openai.generate",
            "service": "generator",
            "duration_ms": 3510.0,
            "self_ms": 3500.0,
            "share": 0.8333,
            "ahead_of_next_ms": 3100.0,
        },
        "verdict": {
            "cause": "io_wait",
            "function": "Answerer.ask",
            "file": "services/generator/llm.py",
            "line": 57,
            "confidence": "high",
            "evidence": ["its thread computed for 14 ms of 3,500 ms (0.4%)"],
            "hypothesis": "`openai.generate` waits for the answer to `POST` to providers.",
            "next_step": "Ask for less.",
        },
        "contributors": [
            {
                "span": "openai.generate",
                "service": "generator",
                "function": "Answerer.ask",
                "cause": "io_wait",
                "critical_ms": 3500.0,
                "avoidable_ms": None,
            },
            {
                "span": "score",
                "service": "retriever",
                "function": None,
                "cause": "cpu",
                "critical_ms": 400.0,
                "avoidable_ms": None,
            },
        ],
        "functions": [
            {
                "function": "SyncStream.read",
                "file": "httpcore2/_backends/sync.py",
                "line": 126,
                "self_ms": 3495.0,
                "total_ms": 3495.0,
                "calls": None,
            },
            {
                "function": "Answerer.ask",
                "file": "services/generator/llm.py",
                "line": 57,
                "self_ms": 0.0,
                "total_ms": 3495.0,
                "calls": None,
            },
        ],
        "artifacts": {"flamegraph": "/r/profile.svg", "analysis": "/r/bottleneck_analysis.md"},
    }


@pytest.mark.parametrize(
    "told",
    [
        "- **Slowest span**: `openai.generate` in generator",
        "3,510 ms, of which 3,500 ms are its own on the critical path, 83% of the request, "
        "3,100 ms ahead of `score`",
        "- **Verdict**: I/O-bound (confidence: high)",
        "## Root-cause hypothesis\n\n`openai.generate` waits",
        "## Evidence\n\n- its thread computed for 14 ms of 3,500 ms (0.4%)",
        "## Next step\n\nAsk for less.",
        "| `score` | retriever | 400 ms | 10% | CPU-bound |",
        "| `SyncStream.read` | httpcore2/_backends/sync.py:126 | 3,495 ms | 3,495 ms |",
        "| `Answerer.ask` | services/generator/llm.py:57 | 0.0 ms | 3,495 ms |",
        "in 2 replays: about 700 samples",
        "at 4 edges, which are 3 ms off in the median and 8 ms at worst",
        "cost 0.4842 USD",
        "- The span names no container",
    ],
)
def test_the_analysis_tells(told: str) -> None:
    """What a reader needs is in bottleneck_analysis.md, with its numbers."""
    assert told in markdown(PROFILE)


def test_an_uncalibrated_clock_is_told() -> None:
    """Without edges to compare the report says what it assumed."""
    recordings = replace(PROFILE.recordings, clock=Clock(0, 30_000, 30_000, 0))
    told = markdown(replace(PROFILE, recordings=recordings))
    assert "taken from py-spy's start, up to 30 ms off" in told


def test_a_lone_span_is_ahead_of_nothing() -> None:
    """With one span only there is no next to compare with."""
    slowest = replace(PROFILE.slowest, next_name=None)
    assert "ahead of" not in markdown(replace(PROFILE, slowest=slowest))


def test_the_terminal_gets_the_verdict_and_where_to_read_on() -> None:
    """The summary names span, verdict, cause, trace and report."""
    told = summary(PROFILE)
    for part in ("openai.generate (generator)", "I/O-bound", PROFILE.trace_url, "/r/bottleneck"):
        assert part in told
