"""The gateway's other ways of working, behind flags: another cost, the same answer."""

import asyncio
import json
from typing import Any

import pytest
from redis.asyncio import Redis

from services.gateway import audit
from services.gateway.audit import Audit
from services.gateway.fragments import PIECES, read_fragments, store_fragments
from tests.services.conftest import sampled_traceparent
from tests.services.recorder import Recorder
from tests.services.servers import Server
from tests.services.switched import turned_on
from tests.services.test_query import TRACE_ID, ask, attributes, parent_names
from tests.services.tiny_redis import TinyRedis

FLAGS = ("answer_audit", "answer_fragments")
MOST_SPANS = 400


@pytest.fixture(autouse=True)
def quick_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas are waited for shortly."""
    monkeypatch.setattr(audit, "REPLICATION_MS", 20)


def same(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is the same each time."""
    return {key: answer[key] for key in ("answer", "sources", "usage", "cost_usd", "cached")}


@pytest.mark.parametrize("flag", FLAGS)
def test_answers_are_the_same(lab: Server, flag: str) -> None:
    """First, from the cache and anew: as without the flag, before and after it."""
    plain = [same(ask(lab)), same(ask(lab)), same(ask(lab, cache_control="no-cache"))]
    with turned_on(flag):
        assert same(ask(lab, cache_control="no-cache")) == plain[0]
        assert same(ask(lab)) == plain[1]
    assert same(ask(lab)) == plain[1]


@pytest.mark.parametrize("flag", FLAGS)
def test_query_needs_no_redis(lab: Server, redis: TinyRedis, flag: str) -> None:
    """With Redis away, and with one that hangs, a query is answered, flags or not."""
    with turned_on(flag):
        ask(lab)
        redis.is_silent = True
        assert not ask(lab)["cached"]
        redis.stop()
        assert not ask(lab)["cached"]


def test_nothing_is_audited_or_in_pieces_without_flags(lab: Server, redis: TinyRedis) -> None:
    """The commands of a query are the plain ones: one SET each time, one GET."""
    ask(lab)
    ask(lab)
    assert [name for name in redis.commands if name not in (b"HELLO", b"CLIENT")] == [
        b"SET",
        b"GET",
    ]


def test_audit_keeps_who_was_answered_but_not_what(lab: Server, redis: TinyRedis) -> None:
    """One record a query, sampled or not: the user, and a hash in place of the answer."""
    with turned_on("answer_audit"):
        answers = [ask(lab), ask(lab, traceparent=sampled_traceparent(TRACE_ID))]
    for answer in answers:
        name = f"tracelab:audit:{answer['trace_id']}".encode()
        record = json.loads(redis.values[name])
        assert record["user_id"] == "u7"
        assert len(record["answer"]) == 64
        assert redis.expiry_s[name] == audit.TTL_S


def test_audit_stops_the_event_loop(redis: TinyRedis) -> None:
    """Nothing else runs while a record is kept: that is the point of the exercise."""

    async def ticks_meanwhile() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
        before = ticks
        kept = Audit(redis.url, 1.0)
        kept.record_answer(TRACE_ID, "u7", "an answer")
        after = ticks
        kept.close()
        ticking.cancel()
        return after - before

    assert asyncio.run(ticks_meanwhile()) == 0
    assert b"WAIT" in redis.commands


def test_audit_gives_up_a_silent_redis(redis: TinyRedis) -> None:
    """It is asked once, then not again for a while."""
    redis.is_silent = True
    kept = Audit(redis.url, 0.05)
    for _ in range(3):
        kept.record_answer(TRACE_ID, "u7", "an answer")
    kept.close()
    assert len([name for name in redis.commands if name == b"HELLO"]) <= 1


@pytest.mark.parametrize("size", [0, 1, PIECES - 1, PIECES, PIECES + 1, 5000])
def test_value_of_any_size_comes_back(redis: TinyRedis, size: int) -> None:
    """Stored in pieces and read again, also over one that was longer; each has an expiry."""

    async def through_redis(value: bytes) -> bytes | None:
        async with Redis.from_url(redis.url) as client:
            await store_fragments(client, "k", b"before" * 2000, 60)
            await store_fragments(client, "k", value, 60)
            return await read_fragments(client, "k")

    value = bytes(number % 251 for number in range(size))
    assert asyncio.run(through_redis(value)) == value
    assert redis.expiry_s[b"k:fragments"] == 60
    assert len(redis.hashes[b"k:fragments"]) == PIECES


def test_missing_piece_is_a_miss(redis: TinyRedis) -> None:
    """Half a value is none."""

    async def read() -> bytes | None:
        async with Redis.from_url(redis.url) as client:
            await store_fragments(client, "k", b"value" * 100, 60)
            del redis.hashes[b"k:fragments"][b"7"]
            return await read_fragments(client, "k")

    assert asyncio.run(read()) is None


def test_damaged_pieces_are_a_miss(lab: Server, redis: TinyRedis) -> None:
    """Pieces that don't fit together are answered anew, not an error."""
    with turned_on("answer_fragments"):
        ask(lab)
        name = next(iter(redis.hashes))
        redis.hashes[name][b"3"] = b"?"
        assert not ask(lab)["cached"]


def test_pieces_show_as_many_commands_in_the_trace(lab: Server, spans: Recorder) -> None:
    """Hundreds of spans below `cache`, fewer than 400 in all; the tree stays the same."""
    ask(lab, traceparent=sampled_traceparent(TRACE_ID))
    plain = parent_names(spans)
    spans.clear()
    with turned_on("answer_fragments"):
        ask(lab, cache_control="no-cache", traceparent=sampled_traceparent(TRACE_ID))
    named = spans.by_name()
    assert len(named["HSET EXPIRE"]) == PIECES
    assert len(spans.finished()) < MOST_SPANS
    assert {name: at for name, at in parent_names(spans).items() if name in plain} == {
        name: at for name, at in plain.items() if name in named
    }
    told = attributes(named["HSET EXPIRE"][0])
    assert told.get("db.system.name", told.get("db.system")) == "redis"
