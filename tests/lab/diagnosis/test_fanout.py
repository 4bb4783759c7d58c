"""Many calls of another service: their caller is to blame, not what they start there."""

from dataclasses import replace

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


def asking(times: int) -> Measurement:
    """A rerank that asks the retriever so many times, each for as much computing as one does."""
    score = span(
        "score",
        (400.0 * times,) * 3,
        {ALIGNING: 390.0 * times, SCORING: 8.0 * times},
        cpu_ms=(400.0 * times,) * 3,
    )
    rerank = replace(
        span("retrieve", (5.0 * times,) * 3, {IDLE: 4.0 * times}, cpu_ms=(1.0 * times,) * 3),
        place=RERANK,
        calls=(calls("POST", own_ms=4.0 * times, count=times, answered=True),),
    )
    return changed(
        healthy(),
        score,
        rerank,
        counts=counts_with(
            counted("gateway", "rerank", "Pipeline._rerank", "gateway/pipeline.py", 1),
            counted("gateway", "rerank", "Upstream.post", "gateway/upstream.py", times),
            awaited=(Awaited("gateway", "rerank", POSTING, 405.0 * times),),
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


def test_a_function_that_is_slower_itself_is_still_named() -> None:
    """One request as before: what it starts is the callee's own doing."""
    slow = changed(
        asking(1),
        span("score", (900.0,) * 3, {ALIGNING: 890.0, SCORING: 8.0}, cpu_ms=(900.0,) * 3),
        counts=asking(1).counts,
    )
    found = judged(slow, asking(1))
    assert (found.verdict.function, found.verdict.span) == ("alignment", "score")
