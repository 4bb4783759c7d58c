"""Healthy requests: whatever the machine does meanwhile, nobody is blamed."""

import random
from dataclasses import replace

import pytest

from lab.measure.measurement import Awaited, ClientCalls, Counts, Measurement, SpanCost
from lab.measure.stacks import Frame
from tests.lab.literal_measurements import (
    ALIGNING,
    ANSWERING,
    ASGI,
    CALLING,
    GENERATING,
    IDLE,
    QUERYING,
    REQUEST,
    RETRIEVING,
    SCORING,
    SITE,
    STORING,
    calls,
    changed,
    healthy,
    judged,
    own,
    slower,
    span,
)

PARSING = Frame("Request.__init__", SITE + "h11/_events.py", 95)


def jittered(measurement: Measurement, seed: int) -> Measurement:
    """As a busy machine replays it: computing takes 0 to 40 % longer by the wall, waits up to 2 %,
    and every span now and then 25 ms more.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret

    def shaken(cost: SpanCost) -> SpanCost:
        used_ms = cost.cpu_ms or (0.0,) * len(cost.own_ms)
        own_ms = tuple(
            ms
            + used * chance.uniform(0, 0.4)
            + (ms - used) * chance.uniform(0, 0.02)
            + chance.choice((0, 0, 0, 25))
            for ms, used in zip(cost.own_ms, used_ms, strict=True)
        )
        times = sum(own_ms) / sum(cost.own_ms)
        return replace(
            cost,
            own_ms=own_ms,
            critical_ms=own_ms,
            cpu_ms=tuple(used * chance.uniform(0.95, 1.1) for used in used_ms),
            stacks={stack: ms * times for stack, ms in cost.stacks.items()},
            still={stack: ms * times for stack, ms in cost.still.items()},
        )

    return changed(measurement, *(shaken(one) for one in measurement.spans))


def test_nothing_wrong_is_the_providers_own_time() -> None:
    """The slowest span is told as such, and reranking is a contributor with nothing avoidable."""
    found = judged(healthy(), healthy())
    assert (found.verdict.cause, found.verdict.function) == ("none", None)
    assert found.verdict.confidence == "high"
    assert "nothing beyond the provider's own time" in found.verdict.hypothesis
    score = next(one for one in found.contributors if one.span == "score")
    assert (score.cause, score.function, score.avoidable_ms) == ("cpu", "alignment", 0)
    assert found.guilty_place is None
    assert found.wants_growth is None


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("replays", [2, 3, 6])
def test_noise_is_nobodys_fault(seed: int, replays: int) -> None:
    """A reference and a present that both come from a busy machine."""
    now, reference = jittered(healthy(replays), seed), jittered(healthy(replays), 1000 + seed)
    assert judged(now, reference).verdict.cause == "none"


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.25, 1.6, 2.0])
def test_another_pace_of_the_machine_is_nobodys_fault(factor: float) -> None:
    """All computing takes longer by the same factor, or shorter."""
    found = judged(slower(healthy(), factor), healthy())
    assert found.verdict.cause == "none"
    assert found.reference is not None
    if factor > 1:
        assert found.reference.machine_factor == pytest.approx(factor, rel=0.1)
        assert any("times as long everywhere" in note for note in found.notes)


def test_a_wait_for_the_processor_is_nobodys_fault() -> None:
    """Twice the wall time with the same CPU time and moving stacks: others had the processor."""
    now = changed(
        healthy(),
        span("score", (820.0, 860.0, 790.0), {ALIGNING: 790, SCORING: 30}, cpu_ms=(405.0,) * 3),
    )
    found = judged(now, healthy())
    assert found.verdict.cause == "none"
    assert any("the machine was busy" in told for told in found.verdict.against)


def test_standing_still_for_want_of_a_processor_is_no_wait() -> None:
    """Ten times as many threads as processors: stacks freeze for long, wherever they are."""
    frozen = {(*ALIGNING[:-1], replace(ALIGNING[-1], line=line)): 300.0 for line in (62, 65, 68)}
    now = changed(
        healthy(),
        span(
            "score",
            (1290.0, 1320.0, 1350.0),
            {**frozen, ALIGNING: 690, SCORING: 20},
            cpu_ms=(405.0, 402.0, 404.0),
            still=dict.fromkeys(frozen, 280.0),
        ),
        span("POST /retrieve", (190.0, 9.0, 220.0), {(*ASGI, PARSING): 130, RETRIEVING: 8},
             cpu_ms=(6.0, 6.0, 6.0), still={(*ASGI, PARSING): 130}),
    )  # fmt: skip
    found = judged(now, healthy())
    assert (found.verdict.cause, found.verdict.function) == ("none", None)
    assert found.verdict.confidence != "high"


def test_caches_gone_cold_make_no_slower_machine() -> None:
    """On a busy machine what computes little takes twice the CPU, what computes much the same.

    A fault in the latter is not excused by the former.
    """
    cold = [
        replace(one, cpu_ms=tuple(2 * ms for ms in one.cpu_ms or ()))
        for one in healthy().spans
        if one.name != "score"
    ]
    printing = (*SCORING, own("fingerprint", "retriever/scoring.py", 99))
    slow = span(
        "score",
        (710.0, 715.0, 712.0),
        {ALIGNING: 390, SCORING: 20, printing: 300},
        cpu_ms=(700.0, 702.0, 701.0),
    )
    assert judged(changed(healthy(), *cold), healthy()).verdict.cause == "none"
    found = judged(changed(healthy(), *cold, slow), healthy())
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "fingerprint")


def test_the_work_of_other_requests_is_not_this_ones() -> None:
    """With others' queries about, their workers' stacks show in this request's own span."""
    others = {GENERATING: 8.0, ANSWERING: 90.0, ALIGNING: 30.0}
    now = changed(
        healthy(),
        span("POST /generate", (110.0, 104.0, 108.0), others, cpu_ms=(6.0, 6.0, 6.0)),
        span(
            "POST /retrieve",
            (130.0, 124.0, 128.0),
            {RETRIEVING: 8.0, ALIGNING: 118.0},
            cpu_ms=(6.0, 6.0, 6.0),
        ),
    )
    assert judged(now, healthy()).verdict.function is None


def other(words: int, top_k: int, score_ms: float, answer_ms: float, tokens: int) -> Measurement:
    """A healthy query with another question."""
    times = score_ms / 410
    now = changed(
        healthy(),
        span(
            "score",
            tuple(score_ms + more for more in (0.0, 4.0, 8.0)),
            {ALIGNING: 390 * times, SCORING: 20 * times},
            cpu_ms=(400 * times,) * 3,
        ),
        span(
            "openai.generate",
            (answer_ms, answer_ms, answer_ms),
            {ANSWERING: answer_ms - 10, CALLING: 8},
            cpu_ms=(15.0,) * 3,
            still={ANSWERING: answer_ms - 20},
            calls=(calls("chat gpt-4", "POST", own_ms=answer_ms - 10),),
            tokens={"llm.prompt_tokens": tokens, "llm.completion_tokens": 200},
        ),
    )
    request = replace(REQUEST, digest="d2", question_words=words, top_k=top_k)
    return replace(now, request=request)


@pytest.mark.parametrize(
    ("words", "top_k", "score_ms", "answer_ms", "tokens"),
    [(12, 20, 1500.0, 2500.0, 1850), (6, 5, 200.0, 1500.0, 900), (40, 5, 1300.0, 4200.0, 1850)],
)
def test_another_question_may_cost_what_its_work_costs(
    words: int, top_k: int, score_ms: float, answer_ms: float, tokens: int
) -> None:
    """More passages or a longer question explain more computing; the model takes what it takes."""
    found = judged(other(words, top_k, score_ms, answer_ms, tokens), healthy())
    assert found.verdict.cause == "none"
    assert found.reference is not None
    assert not found.reference.of_same_request
    assert any("of another request" in note for note in found.notes)


def test_a_cached_answer_is_too_quick_to_be_explained() -> None:
    """Ten milliseconds in all: nothing is claimed."""
    cached = replace(
        healthy(),
        request=replace(REQUEST, digest="d3", use_cache=True),
        spans=(
            span("POST /query", (6.0, 6.1, 6.2), {QUERYING: 5}, cpu_ms=(5.0, 5.0, 5.0)),
            span("cache", (5.0, 5.1, 5.2), {STORING: 2, IDLE: 3}, cpu_ms=(2.0, 2.0, 2.0)),
        ),
        request_ms=(11.0, 11.2, 11.4),
    )
    assert judged(cached, healthy()).verdict.cause == "none"
    assert judged(cached).verdict.cause == "none"


@pytest.mark.parametrize("seed", range(20))
def test_without_a_reference_computing_alone_is_nobodys_fault(seed: int) -> None:
    """Nothing tells whether it must; its growth is asked for, and the doubt is told."""
    found = judged(jittered(healthy(), seed))
    assert (found.verdict.cause, found.verdict.confidence) == ("none", "low")
    assert found.reference is None
    assert found.wants_growth == "retriever"
    assert any("no healthy reference" in told for told in found.verdict.against)
    score = next(one for one in found.contributors if one.span == "score")
    assert (score.cause, score.avoidable_ms) == ("cpu", None)


def test_one_replay_against_one_is_judged_with_care() -> None:
    """15 % more computing in a single replay means nothing."""
    now = changed(
        healthy(1), span("score", (470.0,), {ALIGNING: 450, SCORING: 20}, cpu_ms=(462.0,))
    )
    found = judged(now, healthy(1))
    assert found.verdict.cause == "none"
    assert found.verdict.confidence != "high"


def test_one_call_that_failed_is_no_storm() -> None:
    """A single retry can happen."""

    def failing(cost: SpanCost) -> tuple[ClientCalls, ...]:
        return tuple(replace(one, count=2, errors=1) for one in cost.calls)

    now = changed(
        healthy(), *(replace(one, calls=failing(one)) for one in healthy().spans if one.calls)
    )
    assert judged(now, healthy()).verdict.cause == "none"


def test_a_handlers_wait_is_not_blamed_on_who_passes_the_request_on() -> None:
    """The event loop of a service of plain handlers awaits their threads in its middleware."""
    passing = (*ASGI, Frame("run_in_threadpool", SITE + "starlette/concurrency.py", 40))
    waiting = healthy().counts
    assert waiting is not None

    def awaiting(ms: float) -> Counts:
        return replace(waiting, awaited=(Awaited("retriever", "POST /retrieve", passing, ms),))

    now = changed(
        healthy(),
        span("POST /retrieve", (100.0, 101.0, 102.0), {IDLE: 90, RETRIEVING: 8}, cpu_ms=(6.0,) * 3),
        counts=awaiting(100),
    )
    found = judged(now, replace(healthy(), counts=awaiting(10)))
    assert found.verdict.function is None
