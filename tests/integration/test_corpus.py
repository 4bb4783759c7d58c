"""The real corpus in the image, and the mystery query that is asked of it."""

import json

import pytest

from lab.settings import Settings
from lab.stack import containers
from lab.traces.jaeger import Jaeger
from lab.traffic import scenario
from services.telemetry import conventions
from tests.integration.support import Invoke

pytestmark = pytest.mark.integration

SEED_EVALUATION_TIMEOUT_S = 180


def test_plain_questions_find_their_page(lab: Settings) -> None:
    """Of the shipped questions at least 3 in 4 find their page among the first five passages."""
    argv = ["python", "-m", "seed.evaluate", "--data", "/app/data", "--json"]
    found = containers.exec_json(lab, "retriever", argv, SEED_EVALUATION_TIMEOUT_S)
    assert found["questions"] >= 200
    assert found["vector"]["hit_at_5"] >= 0.75
    assert found["reranked"]["hit_at_5"] >= found["vector"]["hit_at_5"]


def test_the_mystery_query_has_the_documented_tokens(lab: Settings) -> None:
    """The mystery query's trace tells 1,850 prompt and 420 completion tokens, counted, not set."""
    with Jaeger(lab.url("jaeger")) as jaeger:
        trace = jaeger.slowest(since_s=3600, tags={conventions.USER_ID: scenario.mystery().user_id})
    assert trace is not None
    call = next(span for span in trace.spans if span.name == conventions.OPENAI_GENERATE)
    assert call.attributes[conventions.LLM_MODEL] == "gpt-4"
    assert call.attributes[conventions.LLM_PROMPT_TOKENS] == 1850
    assert call.attributes[conventions.LLM_COMPLETION_TOKENS] == 420


def test_trace_names_the_mystery_querys_slowest_span(lab: Settings, invoke_lab: Invoke) -> None:
    """`invoke trace` finds the mystery query by its length and its user, stage by stage."""
    user = scenario.mystery().user_id
    shown = invoke_lab("trace", "--min-duration", "2s", "--user-id", user, "--json")
    assert shown.exit_code == 0, shown.stderr
    document = json.loads(shown.stdout)
    stages = {span["name"] for span in document["spans"]}
    assert {"retrieve", "rerank", "generate", "cache"} <= stages
    assert document["duration_ms"] > 3500
    nobody = invoke_lab("trace", "--user-id", "nobody")
    assert nobody.exit_code == 1
    assert "nobody" in nobody.stderr
