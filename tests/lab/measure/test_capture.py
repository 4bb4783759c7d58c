"""Traces and recordings put together into a measurement."""

import pytest

from lab.errors import LabError
from lab.measure import armed
from lab.measure.capture import Plan, count, measurement, request_of
from lab.settings import Settings
from lab.traffic.replay import Replay, Replayer
from tests.lab.literal_recordings import (
    ALIGNMENT,
    IDLE_LOOP,
    IDLE_WORKER,
    REFRESH,
    RERANK,
    SCORE,
    WORKER,
    aligned,
    names,
    stay,
)
from tests.lab.literal_traces import mystery

BODY = {"question": "How do I  sort a dict?", "user_id": "u1", "top_k": 10, "model": "gpt-4"}
RETRIEVER = aligned(
    stay(1, (0, 4300), *IDLE_LOOP),
    stay(7, (0, 200), *IDLE_WORKER),
    stay(7, (200, 600), WORKER, RERANK, SCORE, ALIGNMENT),
    stay(7, (600, 4300), *IDLE_WORKER),
    stay(8, (0, 4300), WORKER, REFRESH),
)


def test_numbers_and_stacks_of_a_request_come_together() -> None:
    """`score` has its 400 ms by its span and by its stacks; a background thread is told apart."""
    found = measurement(
        Plan(BODY),
        [Replay("a" * 32, 4.25)],
        [mystery()],
        {"retriever": RETRIEVER},
        None,
        "c0de",
    )
    score = next(one for one in found.spans if one.name == "score")
    assert (score.own_ms, score.cpu_ms) == ((400.0,), (395.0,))
    assert names(dict(score.stacks)) == {
        ("WorkerThread.run", "Retriever.rerank", "score", "alignment"): 400
    }
    assert score.samples == 40
    assert [(one.service, one.thread_id) for one in found.background] == [("retriever", 8)]
    assert names(dict(found.background[0].stacks)) == {("WorkerThread.run", "refresh"): 580}
    assert found.request_ms == (4250.0,)
    assert (found.replays, found.code, found.error_ms) == (1, "c0de", {"retriever": 1.0})


def test_a_service_that_was_not_recorded_has_numbers_and_no_stacks() -> None:
    """The generator's spans are known from the trace alone."""
    found = measurement(Plan(BODY), [Replay("a" * 32, 4.25)], [mystery()], {}, None, "c0de")
    generate = next(one for one in found.spans if one.name == "openai.generate")
    assert (generate.own_ms, generate.stacks, generate.samples) == ((3500.0,), {}, 0)


def test_a_request_is_known_by_a_digest_that_tells_nothing() -> None:
    """Case, blanks and user don't matter; question, top_k, model and caching do."""
    base = request_of(BODY, use_cache=False)
    alike = {**BODY, "question": "how do I sort a DICT?", "user_id": "u2"}
    assert request_of(alike, use_cache=False) == base
    assert (base.question_words, base.top_k, base.model) == (6, 10, "gpt-4")
    assert "sort" not in str(base)
    others = [
        request_of(BODY, use_cache=True),
        request_of({**BODY, "top_k": 5}, use_cache=False),
        request_of({**BODY, "model": "gpt-4o"}, use_cache=False),
        request_of({**BODY, "question": "How do I sort a list?"}, use_cache=False),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == 5


def test_a_counted_replay_that_fails_takes_only_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting made it time out: the profile goes on, and says what is missing."""

    def late(*_: object) -> None:
        raise LabError("the replay failed: HTTP 504")

    monkeypatch.setattr(armed, "count", late)
    told: list[str] = []
    with Replayer(Settings(), 4.0) as replayer:
        found = count(Settings(), Plan(BODY), replayer, told.append)
    assert found == (None, "the replay failed: HTTP 504")
    assert told[-1] == "calls are not counted: the replay failed: HTTP 504"


def test_other_errors_of_the_counted_replay_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the profile."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(armed, "count", stopped)
    with Replayer(Settings(), 4.0) as replayer, pytest.raises(KeyboardInterrupt):
        count(Settings(), Plan(BODY), replayer, lambda _: None)
