"""Threads of the background that keep a request's thread from the interpreter."""

from lab.measure.measurement import Background, Measurement
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

COMPACTING = (
    WORKER[0],
    own("keep_compact", "retriever/store.py", 70),
    own("compact", "retriever/store.py", 90),
)
WAITING = (*COMPACTING[:2], Frame("Condition.wait", LIB + "threading.py", 359))


def crowded(*background: Background) -> Measurement:
    """`score` takes twice as long by the wall, with the same CPU time."""
    return changed(
        healthy(),
        span("score", (820.0, 830.0, 810.0), {ALIGNING: 790, SCORING: 30}, cpu_ms=(405.0,) * 3),
        background=background,
    )


def test_a_busy_thread_of_the_same_process_is_named() -> None:
    """It computes for as long as the request's thread waits for the interpreter."""
    found = judged(crowded(Background("retriever", 77, {COMPACTING: 420.0})), healthy())
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "compact")
    assert found.verdict.span == "score"
    assert any("a background thread computes for 420 ms" in one for one in found.verdict.evidence)


def test_a_thread_that_waits_or_is_elsewhere_is_not() -> None:
    """Then the machine is busy with something else."""
    for other in (
        Background("retriever", 77, {WAITING: 420.0}),
        Background("generator", 77, {COMPACTING: 420.0}),
        Background("retriever", 77, {COMPACTING: 30.0}),
    ):
        assert judged(crowded(other), healthy()).verdict.cause == "none"


def test_a_thread_that_was_as_busy_in_the_reference_is_not() -> None:
    """It is how the service works."""
    busy = Background("retriever", 77, {COMPACTING: 420.0})
    reference = changed(healthy(), background=(busy,))
    assert judged(crowded(busy), reference).verdict.cause == "none"
