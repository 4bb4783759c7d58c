"""A span that waits for threads of its own: what those do is the reason."""

import pytest

from lab.measure.measurement import Measurement
from lab.measure.stacks import Frame
from tests.lab.literal_measurements import (
    ALIGNING,
    LIB,
    SCORING,
    WORKER,
    changed,
    healthy,
    judged,
    own,
    span,
)

RESULT = (
    *SCORING,
    Frame("Future.result", LIB + "concurrent/futures/_base.py", 451),
    Frame("Condition.wait", LIB + "threading.py", 359),
)
JOINING = (*SCORING, Frame("Thread.join", LIB + "threading.py", 1092))
HELPER = (WORKER[0], Frame("_WorkItem.run", LIB + "concurrent/futures/thread.py", 59))
ALIGNING_THERE = (*HELPER, ALIGNING[-1])
WORDS_THERE = (*HELPER, own("words", "retriever/scoring.py", 33))
LOCKING = (
    *SCORING,
    own("Rarity.of", "retriever/scoring.py", 48),
    Frame("Condition.wait", LIB + "threading.py", 359),
)
LOCKING_THERE = (*HELPER, *LOCKING[-2:])


def in_executor() -> Measurement:
    """`alignment` runs in a pool of one thread and takes as long as before."""
    return changed(
        healthy(),
        span("score", (410.0,) * 3, {RESULT: 390, SCORING: 20, ALIGNING_THERE: 390},
             cpu_ms=(15.0,) * 3),
    )  # fmt: skip


@pytest.mark.parametrize("reference", [healthy(), in_executor(), None])
def test_work_moved_into_an_executor_is_no_wait_for_a_lock(reference: Measurement | None) -> None:
    """Nothing takes longer than it did: nobody is to blame."""
    assert judged(in_executor(), reference).verdict.cause == "none"


@pytest.mark.parametrize("ms", [80, 200])
def test_a_joined_thread_that_computes_is_cpu_in_its_function(ms: float) -> None:
    """However little of the span it is."""
    total_ms = 410 + ms
    now = changed(
        healthy(),
        span(
            "score",
            (total_ms, total_ms + 4, total_ms + 8),
            {ALIGNING: 390, SCORING: 20, JOINING: ms, WORDS_THERE: 0.9 * ms},
            cpu_ms=(400.0, 404.0, 408.0),
        ),
    )
    found = judged(now, healthy())
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "words")


def test_workers_that_wait_for_a_lock_themselves_are_lock_wait() -> None:
    """Three of a pool, for what somebody else holds."""
    now = changed(
        healthy(),
        span("score", (710.0, 712.0, 714.0),
             {ALIGNING: 390, SCORING: 20, RESULT: 300, LOCKING_THERE: 900},
             cpu_ms=(400.0,) * 3),
    )  # fmt: skip
    found = judged(now, healthy())
    assert (found.verdict.cause, found.verdict.function) == ("lock_wait", "Rarity.of")


def test_a_lock_beside_an_executor_is_still_found() -> None:
    """The reference waits for its executor as well; only the lock is new."""
    now = changed(
        healthy(),
        span("score", (710.0, 712.0, 714.0),
             {RESULT: 390, SCORING: 20, ALIGNING_THERE: 390, LOCKING: 300},
             cpu_ms=(15.0,) * 3),
    )  # fmt: skip
    found = judged(now, in_executor())
    assert (found.verdict.cause, found.verdict.function) == ("lock_wait", "Rarity.of")
