"""A query through all services, as a caller and as both ends of the trace see it."""

import json
import zlib
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from services.telemetry import conventions
from tests.services.conftest import REDIS_TIMEOUT_S, sampled_traceparent
from tests.services.recorder import Recorder
from tests.services.servers import Server
from tests.services.tiny_redis import TinyRedis

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "xylophonic-wombat"
QUERY = {
    "question": f"How do I sort a dictionary by its values, {SECRET}?",
    "user_id": "u7",
    "top_k": 3,
    "model": "gpt-4o-mini",
}


def ask(lab: Server, **headers: str) -> dict[str, Any]:
    """The answer to QUERY."""
    response = lab.post("/query", QUERY, **headers)
    assert response.status == 200, response.body
    answer: dict[str, Any] = response.json()
    return answer


def parent_names(spans: Recorder) -> dict[str, set[str | None]]:
    """For every span name the names of its spans' parents, None for a parent outside."""
    found = spans.finished()
    names = {span.context.span_id: span.name for span in found}
    parents: dict[str, set[str | None]] = {}
    for span in found:
        above = names.get(span.parent.span_id) if span.parent else None
        parents.setdefault(span.name, set()).add(above)
    return parents


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """A span's attributes as a plain dict."""
    return dict(span.attributes or {})


def test_answer_has_sources_usage_cost_and_timings(lab: Server) -> None:
    """The best passage comes first, the tokens are counted and cost what the table says."""
    answer = ask(lab)
    assert answer["sources"][0]["id"] == "library/sorting.html#sorting-1"
    assert set(answer["sources"][0]) == {"id", "title", "url", "score", "excerpt"}
    assert len(answer["sources"]) == 3
    assert "sorted()" in answer["answer"]
    usage = answer["usage"]
    expected = (usage["prompt_tokens"] * 0.15 + usage["completion_tokens"] * 0.60) / 1e6
    assert answer["cost_usd"] == pytest.approx(expected)
    assert answer["cached"] is False
    assert set(answer["timings_ms"]) == {"cache", "retrieve", "rerank", "generate", "total"}
    stages_ms = sum(ms for stage, ms in answer["timings_ms"].items() if stage != "total")
    assert answer["timings_ms"]["total"] >= stages_ms > 0


def test_same_question_is_answered_alike(lab: Server) -> None:
    """Two uncached answers to one question are equal."""
    first, second = (ask(lab, cache_control="no-cache") for _ in range(2))
    assert not second["cached"]
    assert first["answer"] == second["answer"]
    assert first["sources"] == second["sources"]


def test_trace_crosses_all_services(lab: Server, spans: Recorder) -> None:
    """One trace, one root, every span where the trace contract has it."""
    ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    found = spans.finished()
    assert {format(span.context.trace_id, "032x") for span in found} == {TRACE_ID}
    parents = parent_names(spans)
    assert parents["POST /query"] == {None}
    for stage in ("retrieve", "rerank", "generate", "cache"):
        assert parents[stage] == {"POST /query"}
    assert parents["POST /retrieve"] == parents["POST /rerank"] == {"POST"}
    for name in ("embed", "pinecone.query", "load_passages"):
        assert parents[name] == {"POST /retrieve"}
    assert parents["score"] == {"POST /rerank"}
    for name in ("serialize_prompt", "openai.generate"):
        assert parents[name] == {"POST /generate"}
    assert parents["chat gpt-4o-mini"] == {"openai.generate"}
    assert parents["POST"] == {
        "retrieve", "rerank", "generate", "pinecone.query", "chat gpt-4o-mini",
    }  # fmt: skip
    assert [name for name in parents if name.startswith("SELECT")]
    assert parents["SET"] == {"cache"}


def test_spans_carry_the_attributes_of_the_contract(lab: Server, spans: Recorder) -> None:
    """Root and openai.generate say who asked, which model, how many tokens, what it cost."""
    answer = ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    named = spans.by_name()
    root, generate = attributes(named["POST /query"][0]), attributes(named["openai.generate"][0])
    usage = answer["usage"]
    for found in (root, generate):
        assert found[conventions.USER_ID] == "u7"
        assert found[conventions.LLM_MODEL] == "gpt-4o-mini"
        assert found[conventions.LLM_PROMPT_TOKENS] == usage["prompt_tokens"]
        assert found[conventions.LLM_COMPLETION_TOKENS] == usage["completion_tokens"]
        assert found[conventions.COST_USD] == answer["cost_usd"]
    assert root[conventions.CACHE_HIT] is False
    assert generate[conventions.GEN_AI_REQUEST_MODEL] == "gpt-4o-mini"
    assert generate[conventions.GEN_AI_INPUT_TOKENS] == usage["prompt_tokens"]
    assert generate[conventions.GEN_AI_OUTPUT_TOKENS] == usage["completion_tokens"]
    query = named["pinecone.query"][0]
    assert query.kind is SpanKind.CLIENT
    assert attributes(query)["db.system.name"] == "pinecone"
    assert attributes(query)["db.response.returned_rows"] == 6


def test_every_span_names_its_thread_and_cpu_time(lab: Server, spans: Recorder) -> None:
    """thread.id is there always, and the CPU time of what starts and ends on one thread."""
    ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    for span in spans.finished():
        assert attributes(span)[conventions.THREAD_ID] > 0
        assert attributes(span)[conventions.CPU_TIME_MS] >= 0
    named = spans.by_name()
    score, root = named["score"][0], named["POST /query"][0]
    assert attributes(score)[conventions.THREAD_ID] != attributes(root)[conventions.THREAD_ID]


def test_cached_answer_is_free_and_has_only_cache_spans(lab: Server, spans: Recorder) -> None:
    """The second answer comes from Redis: same text and usage, no cost, no other stage."""
    first = ask(lab)
    spans.clear()
    second = ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    assert second["cached"]
    assert second["cost_usd"] == 0
    assert second["usage"] == first["usage"]
    assert second["answer"] == first["answer"]
    assert second["sources"] == first["sources"]
    assert set(second["timings_ms"]) == {"cache", "total"}
    named = spans.by_name()
    assert set(named) == {"POST /query", "cache", "SET GET"}
    assert attributes(named["POST /query"][0])[conventions.CACHE_HIT] is True
    assert attributes(named["POST /query"][0])[conventions.COST_USD] == 0
    assert attributes(named["cache"][0])[conventions.CACHE_HIT] is True


def test_no_cache_makes_a_new_answer_and_stores_it(lab: Server, redis: TinyRedis) -> None:
    """`Cache-Control: no-cache` skips the look-up alone."""
    ask(lab)
    key = next(name for name in redis.values if b":answer:" in name)
    redis.values[key] = b"damaged"
    assert not ask(lab, cache_control="no-cache")["cached"]
    assert redis.values[key] != b"damaged"
    assert ask(lab)["cached"]


def test_damaged_entry_is_a_miss(lab: Server, redis: TinyRedis) -> None:
    """What can't be read is answered anew, not an error."""
    ask(lab)
    for damage in (b"damaged", zlib.compress(b"{}"), zlib.compress(b"\xff")):
        key = next(name for name in redis.values if b":answer:" in name)
        redis.values[key] = damage
        assert not ask(lab)["cached"]


def test_stored_answer_is_compressed_and_expires(lab: Server, redis: TinyRedis) -> None:
    """An entry holds answer and passages, and has a time to live."""
    ask(lab)
    key = next(name for name in redis.values if b":answer:" in name)
    stored = json.loads(zlib.decompress(redis.values[key]))
    assert len(stored["passages"]) == 3
    assert redis.expiry_s[key] == 3600


def test_sampled_request_is_kept_for_replay(lab: Server) -> None:
    """The body of a sampled query can be had by its trace id; of another one it can't."""
    ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    assert lab.get(f"/queries/{TRACE_ID}").json() == QUERY
    unsampled = ask(lab)["trace_id"]
    assert len(unsampled) == 32
    missing = lab.get(f"/queries/{unsampled}")
    assert missing.status == 404
    assert missing.headers.get_content_type() == "application/problem+json"
    assert lab.get("/queries/no-trace-id").status == 422


def test_caller_that_decided_against_sampling_is_heard(lab: Server, spans: Recorder) -> None:
    """An unsampled traceparent makes no spans in any service, but keeps its trace id."""
    answer = ask(lab, traceparent=f"00-{TRACE_ID}-00f067aa0ba902b7-00")
    assert answer["trace_id"] == TRACE_ID
    assert not spans.finished()


def test_nothing_of_the_prompt_is_in_the_spans(
    lab: Server, spans: Recorder, redis: TinyRedis
) -> None:
    """Neither question nor answer gets into a span, although both go through every service."""
    answer = ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    assert any(SECRET.encode() in value for value in redis.values.values())
    said = "".join(span.to_json() for span in spans.finished())
    assert SECRET not in said
    assert answer["answer"][:30] not in said


def test_redis_down_only_costs_the_cache(lab: Server, redis: TinyRedis, spans: Recorder) -> None:
    """Answers go on, uncached; the cache spans say that Redis wasn't there."""
    redis.stop()
    answer = ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    assert not answer["cached"]
    for span in spans.by_name()["cache"]:
        assert attributes(span)["cache.available"] is False
    kept = lab.get(f"/queries/{TRACE_ID}")
    assert kept.status == 503
    ready = lab.get("/readyz")
    assert ready.status == 200
    assert ready.json()["dependencies"]["redis"]["ok"] is False


def test_silent_redis_costs_one_timeout(lab: Server, redis: TinyRedis) -> None:
    """A Redis that hangs is asked once; while it is given up the queries don't wait for it."""
    ask(lab)
    redis.is_silent = True
    waited_ms = [ask(lab)["timings_ms"]["cache"] for _ in range(3)]
    assert waited_ms[0] >= REDIS_TIMEOUT_S * 950
    assert max(waited_ms[1:]) < REDIS_TIMEOUT_S * 500


def test_readiness_tells_of_all_services(lab: Server) -> None:
    """One GET at the gateway names every dependency, the index with its counts."""
    found = lab.get("/readyz").json()
    assert found["ready"] is True
    assert found["dependencies"]["redis"]["ok"] is True
    below = found["dependencies"]["retriever"]["dependencies"]
    assert below["index"] == {"ok": True, "passages": 6, "expected": 6}
    assert found["dependencies"]["generator"]["dependencies"]["openai"]["ok"] is True


def test_operation_endpoints_make_no_traces(lab: Server, spans: Recorder) -> None:
    """Health checks, readiness, docs and the page aren't traced, even if the caller asks for it."""
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/", f"/queries/{TRACE_ID}"):
        lab.get(path, traceparent=sampled_traceparent(TRACE_ID))
    assert not spans.finished()


def test_page_links_to_traces(lab: Server) -> None:
    """The page at / knows where traces are shown."""
    page = lab.get("/").body.decode()
    assert "http://127.0.0.1:16686/trace/{trace_id}" in page
    assert "{{" not in page
