"""Many calls of another service: their caller is to blame, not what they start there."""

from dataclasses import replace

import pytest

from lab.measure.measurement import Awaited, Measurement
from tests.lab.literal_measurements import (
    ALIGNING,
    IDLE,
    PLACES,
    QUERYING,
    SCORING,
    calls,
    changed,
    counted,
    counts_with,
    healthy,
    judged,
    own,
    span,
)

RERANK = (PLACES["POST /query"][0], ("gateway", "rerank"))
RERANKING = (*QUERYING[3:], own("Pipeline._rerank", "gateway/pipeline.py", 130))
POSTING = (*RERANKING, own("Upstream.post", "gateway/upstream.py", 80))

TRYING = (*POSTING, own("Upstream._try", "gateway/upstream.py", 90))


def asking(times: int, failing: int = 0) -> Measurement:
    """A rerank that asks the retriever so many times, each for as much computing as one does."""
    call = calls("POST", own_ms=4.0 * times, count=times, errors=failing, answered=True)
    posts = 1 if failing else times
    score = span(
        "score",
        (400.0 * times,) * 3,
        {ALIGNING: 390.0 * times, SCORING: 8.0 * times},
        cpu_ms=(400.0 * times,) * 3,
    )
    rerank = replace(
        span("retrieve", (5.0 * times,) * 3, {IDLE: 4.0 * times}, cpu_ms=(1.0 * times,) * 3),
        place=RERANK,
        calls=(call,),
    )
    return changed(
        healthy(),
        score,
        rerank,
        counts=counts_with(
            counted("gateway", "rerank", "Pipeline._rerank", "gateway/pipeline.py", 1),
            counted("gateway", "rerank", "Upstream.post", "gateway/upstream.py", posts),
            counted("gateway", "rerank", "Upstream._try", "gateway/upstream.py", times),
            awaited=(Awaited("gateway", "rerank", TRYING, 405.0 * times),),
        ),
    )


def test_the_caller_is_named_with_all_that_it_starts() -> None:
    """Twelve requests for one: `alignment` computes longer than ever, and is as quick as ever."""
    found = judged(asking(12), asking(1))
    assert found.verdict.cause == "inefficient_algorithm"
    assert (found.verdict.function, found.verdict.span) == ("Pipeline._rerank", "rerank")
    assert found.verdict.avoidable_ms is not None
    assert 4000 < found.verdict.avoidable_ms < 5000
    assert [one.span for one in found.contributors if one.avoidable_ms] == ["rerank"]


@pytest.mark.parametrize("times", [2, 3, 9])
def test_a_few_calls_where_one_did_are_clear_beside_the_reference(times: int) -> None:
    """The callee's functions are as quick as ever, each time."""
    found = judged(asking(times), asking(1))
    assert found.verdict.cause == "inefficient_algorithm"
    assert (found.verdict.function, found.verdict.span) == ("Pipeline._rerank", "rerank")
    assert judged(asking(times)).verdict.function is None


def test_without_a_counted_replay_nobody_is_named_rather_than_the_callee() -> None:
    """Its stacks alone don't tell who in the gateway asks again; the calls do tell what happens."""
    found = judged(replace(asking(3), counts=None), replace(asking(1), counts=None))
    assert (found.verdict.cause, found.verdict.span) == ("inefficient_algorithm", "rerank")
    assert found.verdict.function is None


def test_more_calls_dont_excuse_a_callee_that_takes_longer_for_each() -> None:
    """Three calls for one, and each takes ten times as long: that is what to mend."""
    slow = changed(
        asking(3),
        span("score", (12000.0,) * 3, {ALIGNING: 11900.0}, cpu_ms=(12000.0,) * 3),
        counts=asking(3).counts,
    )
    found = judged(slow, asking(1))
    assert (found.verdict.function, found.verdict.span) == ("alignment", "score")


@pytest.mark.parametrize("times", [2, 5, 12])
def test_failing_calls_that_are_made_again_are_a_retry_storm(times: int) -> None:
    """Named at the function that repeats, with or without a reference; it is no fan-out."""
    for reference in (asking(1), None) if times > 2 else (asking(1),):
        found = judged(asking(times, failing=times - 1), reference)
        assert found.verdict.cause == "retry_storm"
        assert (found.verdict.function, found.verdict.span) == ("Upstream.post", "rerank")
        assert f"{times - 1} of {times} calls" in found.verdict.hypothesis


def test_a_function_that_is_slower_itself_is_still_named() -> None:
    """One request as before: what it starts is the callee's own doing."""
    slow = changed(
        asking(1),
        span("score", (900.0,) * 3, {ALIGNING: 890.0, SCORING: 8.0}, cpu_ms=(900.0,) * 3),
        counts=asking(1).counts,
    )
    found = judged(slow, asking(1))
    assert (found.verdict.function, found.verdict.span) == ("alignment", "score")
