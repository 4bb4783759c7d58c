"""Functions that stand out against the reference where their span as a whole doesn't."""

from dataclasses import replace

import pytest

from lab.diagnosis.grown import noise_ms
from lab.measure.measurement import Measurement
from lab.measure.stacks import Frame
from tests.lab.literal_measurements import (
    ALIGNING,
    ANSWERING,
    CALLING,
    LIB,
    RESPONDING,
    SCORING,
    changed,
    healthy,
    judged,
    own,
    span,
)

SEEN = (*SCORING, own("Rarity.seen", "retriever/scoring.py", 60))


def shaky(reference: Measurement) -> Measurement:
    """A reference whose reranking took 420, 760 and 1,100 ms: its median tells little."""
    return changed(
        reference,
        span(
            "score",
            (420.0, 760.0, 1100.0),
            {ALIGNING: 620, SCORING: 40},
            cpu_ms=(405.0, 740.0, 1080.0),
        ),
    )


def test_a_new_function_stands_out_where_its_span_varies() -> None:
    """It computed 380 ms and not at all in the reference, whose replays differ by as much."""
    now = changed(
        healthy(),
        span(
            "score",
            (1010.0, 1000.0, 1060.0),
            {ALIGNING: 610, SEEN: 380, SCORING: 20},
            cpu_ms=(1000.0, 990.0, 1050.0),
        ),
    )
    found = judged(now, shaky(healthy()))
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "Rarity.seen")
    assert found.verdict.avoidable_ms is not None
    assert 250 < found.verdict.avoidable_ms < 390
    assert found.verdict.confidence != "high"
    assert any("function alone stands out" in told for told in found.verdict.against)


def test_a_function_that_does_anothers_work_is_not_blamed() -> None:
    """Renamed: what is new is gone elsewhere."""
    renamed = (*ALIGNING[:-1], replace(ALIGNING[-1], function="align"))
    now = changed(
        healthy(),
        span(
            "score", (420.0, 425.0, 430.0), {renamed: 390, SCORING: 20}, cpu_ms=(405.0, 410.0, 412)
        ),
    )
    assert judged(now, healthy()).verdict.cause == "none"


def test_a_wait_that_is_new_stands_out_beside_a_long_one() -> None:
    """70 ms of sleep beside 3.5 s of a provider that varies by twice as much."""
    sleeping = (*RESPONDING, own("pause", "generator/completion.py", 99), Frame("sleep", LIB, 1))
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (3575.0, 3580.0, 3590.0),
            {ANSWERING: 3490, CALLING: 8, sleeping: 70},
            cpu_ms=(15.0, 15.0, 15.0),
            still={ANSWERING: 3480, sleeping: 70},
        ),
    )
    found = judged(now, healthy())
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "pause")


def test_a_slower_machine_makes_no_function_stand_out() -> None:
    """All of the span's functions take longer together."""
    now = changed(
        healthy(),
        span("score", (640.0, 650.0, 660.0), {ALIGNING: 600, SCORING: 35}, cpu_ms=(630.0,) * 3),
    )
    assert all("stands out" not in told for told in judged(now, shaky(healthy())).verdict.against)


def test_few_samples_are_noise() -> None:
    """100 ms over three replays are 30 samples: 55 ms of it may be chance; never less than 15."""
    assert noise_ms(100, 3) == pytest.approx(54.8, abs=0.1)
    assert noise_ms(10_000, 3) < 600
    assert noise_ms(1, 3) == noise_ms(-5, 3) == 15


def test_standing_still_in_c_is_computing_at_the_pace_of_the_reference() -> None:
    """Under py-spy computing takes 1.25 times its CPU time; then a line that sorts computed too."""
    paused = changed(
        healthy(),
        span("score", (510.0, 500.0, 505.0), {ALIGNING: 480, SCORING: 20}, cpu_ms=(400.0,) * 3),
    )
    now = changed(
        healthy(),
        span(
            "score",
            (960.0, 950.0, 955.0),
            {ALIGNING: 560, SEEN: 370, SCORING: 20},
            cpu_ms=(740.0, 735.0, 745.0),
            still={SEEN: 360},
        ),
    )
    found = judged(now, paused)
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "Rarity.seen")
    assert found.verdict.avoidable_ms is not None
    assert 250 < found.verdict.avoidable_ms < 400


def test_what_takes_a_little_of_many_spans_is_found_in_all_of_them() -> None:
    """28 ms in each of four spans, none of which tells by itself."""
    check = own("Passage.check", "common/passages.py", 12)
    more = [
        replace(
            cost,
            own_ms=tuple(ms + 28 for ms in cost.own_ms),
            critical_ms=tuple(ms + 28 for ms in cost.critical_ms),
            cpu_ms=tuple(ms + 28 for ms in cost.cpu_ms or ()),
            stacks={**cost.stacks, (*next(iter(cost.stacks)), check): 28.0},
        )
        for cost in healthy().spans
        if cost.name in {"POST /query", "POST /retrieve", "score", "POST /generate"}
    ]
    found = judged(changed(healthy(), *more), healthy())
    assert found.verdict.function == "Passage.check"
    assert found.verdict.avoidable_ms == pytest.approx(112, abs=15)
    assert any("in 4 spans together" in told for told in found.verdict.evidence)
