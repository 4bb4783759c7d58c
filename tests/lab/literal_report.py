"""What report.html is drawn from, written down: a prompt that takes too much computing."""

from typing import Any

from lab.report.data import FlameGraph, FlameNode, ReportData
from lab.traces.critical_path import critical_path
from tests.lab.literal_traces import mystery

GENERATE = (("gateway", "POST /query"), ("generator", "POST /generate"))
URL = "http://127.0.0.1:16686/trace/"

DOCUMENT: dict[str, Any] = {
    "trace_id": "a" * 32,
    "trace_url": URL + "a" * 32,
    "slowest_span": {
        "name": "openai.generate",
        "service": "generator",
        "duration_ms": 3500.0,
        "self_ms": 3500.0,
        "share": 0.83,
        "ahead_of_next_ms": 3100.0,
    },
    "verdict": {
        "cause": "cpu",
        "confidence": "high",
        "function": "serialize_prompt",
        "file": "services/generator/prompt.py",
        "line": 41,
        "span": "openai.generate",
        "service": "generator",
        "self_ms": 790.0,
        "total_ms": 812.5,
        "calls": 48,
        "avoidable_ms": 801.0,
        "below": [],
        "evidence": [
            "`openai.generate` takes 801 ms longer than in the healthy reference (noise 15 ms).",
            "Its thread computed for 790 ms of that; <b>none</b> of it waits.",
        ],
        "against": ["The replays differ by 40 ms."],
        "hypothesis": "`serialize_prompt` computes for 812 ms in each request.",
        "next_step": "Call `serialize_prompt` once, and keep what it returns.",
    },
    "contributors": [
        {
            "span": "openai.generate",
            "service": "generator",
            "function": "serialize_prompt",
            "cause": "cpu",
            "critical_ms": 3500.0,
            "avoidable_ms": 801.0,
        },
        {
            "span": "score",
            "service": "retriever",
            "function": "score",
            "cause": "cpu",
            "critical_ms": 400.0,
            "avoidable_ms": 0.0,
        },
        {
            "span": "pinecone.query",
            "service": "retriever",
            "function": None,
            "cause": "io_wait",
            "critical_ms": 140.0,
            "avoidable_ms": None,
        },
    ],
    "functions": [
        {
            "function": "serialize_prompt",
            "file": "services/generator/prompt.py",
            "line": 41,
            "span": "openai.generate",
            "service": "generator",
            "self_ms": 790.0,
            "total_ms": 812.5,
            "calls": 48,
        },
        {
            "function": "recv",
            "file": "httpcore/_backends/sync.py",
            "line": 126,
            "span": "openai.generate",
            "service": "generator",
            "self_ms": 2600.0,
            "total_ms": 2600.0,
            "calls": None,
        },
        {
            "function": "generate_response",
            "file": "services/generator/completion.py",
            "line": 30,
            "span": "openai.generate",
            "service": "generator",
            "self_ms": 5.0,
            "total_ms": 3490.0,
            "calls": 1,
        },
    ],
    "reference": {
        "taken_s": 1_700_000_000.0,
        "of_same_request": True,
        "code_differs": False,
        "machine_factor": 1.2,
    },
    "population": {"traces": 20, "median_ms": 410.0, "p95_ms": 600.0, "longer": 0},
    "measured": ["The request was replayed 3 times, one after another."],
    "artifacts": {"analysis": "/somewhere/bottleneck_analysis.md", "profile": "/x/profile.json"},
}


def node(
    name: str, value_ms: float, *children: FlameNode, file: str = "", line: int = 0
) -> FlameNode:
    """A function of a flame graph; those under services/ are own code."""
    return FlameNode(name, file, line, value_ms, file.startswith("services/"), children)


def stacks_of_generate() -> FlameNode:
    """What the thread of `openai.generate` did: compute its prompt, then wait for the answer."""
    serialize = node(
        "serialize_prompt",
        812.5,
        node("dumps", 22.5, file="json/__init__.py", line=238),
        file="services/generator/prompt.py",
        line=41,
    )
    client = node(
        "create",
        2630.0,
        node("recv", 2600.0, file="httpcore/_backends/sync.py", line=126),
        file="openai/resources/chat/completions.py",
        line=1147,
    )
    generate = node(
        "generate_response",
        3490.0,
        client,
        serialize,
        file="services/generator/completion.py",
        line=30,
    )
    return node("openai.generate", 3500.0, generate)


def report_data(**verdict: Any) -> ReportData:
    """The report's data; ``verdict`` replaces what is said there."""
    trace = mystery()
    document = {**DOCUMENT, "verdict": {**DOCUMENT["verdict"], **verdict}}
    place = (*GENERATE, ("generator", "openai.generate"))
    thread = node(
        "thread 12", 900.0, node("score", 400.0, file="services/retriever/scoring.py", line=9)
    )
    return ReportData(
        original=trace,
        original_path=critical_path(trace),
        original_url=URL + trace.trace_id,
        replay=trace,
        replay_path=critical_path(trace),
        replay_url=URL + trace.trace_id,
        flame_graphs=(
            FlameGraph("generator", place, stacks_of_generate(), 1043),
            FlameGraph("retriever", None, node("retriever", 900.0, thread), 90),
        ),
        document=document,
    )
