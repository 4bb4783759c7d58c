"""A profile for programs, for a terminal, and as markdown."""

import json
from dataclasses import replace

import pytest

from lab.diagnosis.findings import (
    Below,
    Contributor,
    Diagnosis,
    FunctionCost,
    Population,
    Profile,
    ReferenceUsed,
    Slowest,
    Verdict,
)
from lab.report.markdown import markdown
from lab.report.outcome import summary, to_json

VERDICT = Verdict(
    cause="cpu",
    confidence="high",
    evidence=("its thread computed for 820 ms of 4,330 ms",),
    hypothesis="`openai.generate` computes in `Prompt.fit`.",
    next_step="Fit the prompt once.",
    against=("the machine was busy",),
    span="openai.generate",
    service="generator",
    function="Prompt.fit",
    file="services/generator/prompt.py",
    line=40,
    self_ms=700.0,
    total_ms=805.1234567,
    calls=90,
    avoidable_ms=790.0,
    below=(Below("_json.encode", 105.0, 90),),
    exponents=(("top_k", 1.02),),
)
PROFILE = Profile(
    trace_id="ab" * 16,
    trace_url="http://127.0.0.1:16686/trace/" + "ab" * 16,
    request_ms=4200.0,
    replay_ms=5000.0,
    slowest=Slowest("openai.generate", "generator", 3510.0, 3500.0, 0.8333333, "score", 3100.0),
    diagnosis=Diagnosis(
        verdict=VERDICT,
        contributors=(
            Contributor("openai.generate", "generator", "Prompt.fit", "cpu", 4330.0, 790.0),
            Contributor("score", "retriever", None, "cpu", 400.0, None),
        ),
        functions=(
            FunctionCost(
                "SyncStream.read", "httpcore2/sync.py", 126, "openai.generate", "generator",
                3495.0, 3495.0, None,
            ),
            FunctionCost(
                "Prompt.fit", "services/generator/prompt.py", 40, "openai.generate", "generator",
                700.0, 805.0, 90,
            ),
        ),
        guilty_place=None,
        wants_growth=None,
        reference=ReferenceUsed(1_790_000_000.0, True, False, 1.04),
        notes=("Computing takes longer everywhere.",),
    ),
    population=Population(traces=40, median_ms=2000.0, p95_ms=3000.0, longer=1),
    measured=("3 replays of 5,000 ms.",),
    artifacts={"flamegraph": "/r/profile.svg", "report": "/r/report.html"},
)  # fmt: skip


def test_the_document_has_the_promised_keys() -> None:
    """Programs rely on these keys, in all of the document."""
    document = json.loads(json.dumps(to_json(PROFILE)))
    assert document["slowest_span"] == {
        "name": "openai.generate",
        "service": "generator",
        "duration_ms": 3510.0,
        "self_ms": 3500.0,
        "share": 0.8333,
        "ahead_of_next_ms": 3100.0,
    }
    assert document["verdict"] == {
        "cause": "cpu",
        "confidence": "high",
        "evidence": ["its thread computed for 820 ms of 4,330 ms"],
        "against": ["the machine was busy"],
        "hypothesis": "`openai.generate` computes in `Prompt.fit`.",
        "next_step": "Fit the prompt once.",
        "span": "openai.generate",
        "service": "generator",
        "function": "Prompt.fit",
        "file": "services/generator/prompt.py",
        "line": 40,
        "self_ms": 700.0,
        "total_ms": 805.123,
        "calls": 90,
        "avoidable_ms": 790.0,
        "below": [{"name": "_json.encode", "ms": 105.0, "calls": 90}],
        "exponents": {"top_k": 1.02},
    }
    assert document["contributors"][1] == {
        "span": "score",
        "service": "retriever",
        "function": None,
        "cause": "cpu",
        "critical_ms": 400.0,
        "avoidable_ms": None,
    }
    assert document["functions"][1] == {
        "function": "Prompt.fit",
        "file": "services/generator/prompt.py",
        "line": 40,
        "span": "openai.generate",
        "service": "generator",
        "self_ms": 700.0,
        "total_ms": 805.0,
        "calls": 90,
    }
    assert document["reference"]["of_same_request"] is True
    assert document["population"] == {
        "traces": 40,
        "median_ms": 2000.0,
        "p95_ms": 3000.0,
        "longer": 1,
    }
    rest = {"trace_id", "trace_url", "request_ms", "replay_ms", "notes", "measured", "artifacts"}
    assert rest <= set(document)


@pytest.mark.parametrize(
    "told",
    [
        "- **Slowest span**: `openai.generate` in generator",
        "3,510 ms, of which 3,500 ms are its own on the critical path, 83% of the request, "
        "3,100 ms ahead of `score`",
        "- **Verdict**: CPU-bound (confidence: high)",
        "Prompt.fit (services/generator/prompt.py:40), in span `openai.generate` of generator; "
        "790 ms can be avoided",
        "## Root-cause hypothesis\n\n`openai.generate` computes",
        "## Evidence\n\n- its thread computed for 820 ms",
        "### What weakens it\n\n- the machine was busy",
        "## Next step\n\nFit the prompt once.",
        "1 had a longer one, so this one is unusual",
        "| `SyncStream.read` | httpcore2/sync.py:126 |",
        "- 3 replays of 5,000 ms.",
        "The healthy reference is of the same request, taken 2026-",
        "- Computing takes longer everywhere.",
    ],
)
def test_the_analysis_tells(told: str) -> None:
    """What a reader needs is in bottleneck_analysis.md, with its numbers."""
    assert told in markdown(PROFILE)


def test_a_trace_like_most_others_is_called_that() -> None:
    """Where many traces took longer, nothing is unusual about this one."""
    told = markdown(replace(PROFILE, population=Population(40, 2000.0, 3000.0, 20)))
    assert "20 had a longer one, so this one is like others" in told


def test_without_a_culprit_no_function_is_named() -> None:
    """`none` names nobody, in the document and in the text."""
    nobody = Verdict("none", "high", ("nothing stands out",), "Nothing to mend.", "Leave it.")
    healthy = replace(PROFILE, diagnosis=replace(PROFILE.diagnosis, verdict=nobody))
    assert to_json(healthy)["verdict"]["function"] is None
    assert "**Function**" not in markdown(healthy)
    assert "function " not in summary(healthy)


def test_a_lone_span_is_ahead_of_nothing() -> None:
    """With one span only there is no next to compare with."""
    slowest = replace(PROFILE.slowest, next_name=None)
    assert "ahead of" not in markdown(replace(PROFILE, slowest=slowest))


def test_the_terminal_gets_the_verdict_and_where_to_read_on() -> None:
    """The summary names span, verdict, function, trace and report."""
    told = summary(PROFILE)
    for part in (
        "openai.generate (generator)",
        "CPU-bound",
        "Prompt.fit (services/",
        "/r/report.html",
    ):
        assert part in told
