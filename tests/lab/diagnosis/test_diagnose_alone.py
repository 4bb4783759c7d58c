"""The diagnosis with a reference of another request, with none, and with one that hides things."""

from dataclasses import replace

import pytest

from lab.measure.measurement import Awaited, Growth, GrowthPoint, Measurement
from lab.measure.stacks import Frame
from tests.lab.literal_measurements import (
    ALIGNING,
    ANSWERING,
    CALLING,
    EXECUTE,
    IDLE,
    LIB,
    LOADING,
    PLACES,
    REQUEST,
    RESPONDING,
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

ONE_BY_ONE = (*LOADING, own("Documents._one", "retriever/documents.py", 90), EXECUTE)
COMPARING = (*SCORING, own("_without_doubles", "retriever/scoring.py", 99))


def one_by_one() -> Measurement:
    """A SELECT for each passage."""
    return changed(
        healthy(),
        span(
            "load_passages",
            (310.0, 305.0, 312.0),
            {ONE_BY_ONE: 300, LOADING: 8},
            cpu_ms=(280.0, 280.0, 281.0),
            calls=(calls("SELECT", own_ms=250, count=50, extent_ms=305, peer="sqlite"),),
        ),
    )


def comparing(ms: float = 600) -> Measurement:
    """Reranking that compares each passage with each."""
    total_ms = 410 + ms
    return changed(
        healthy(),
        span(
            "score",
            (total_ms, total_ms + 4, total_ms + 2),
            {ALIGNING: 390, SCORING: 20, COMPARING: ms},
            cpu_ms=(total_ms - 10,) * 3,
        ),
    )


def grown(power: float, ms: float = 600) -> tuple[Growth, ...]:
    """How the comparing grows with the passages."""

    def point(work: float) -> GrowthPoint:
        place, function = PLACES["score"], "_without_doubles"
        taken_ms = ms * work**power
        key = (place, function, "services/retriever/scoring.py")
        align = (place, "alignment", "services/retriever/scoring.py")
        return GrowthPoint(work, {place: 410 * work + taken_ms}, {key: taken_ms, align: 390 * work})

    return (Growth("top_k", (point(0.5), point(1), point(2))),)


def test_growth_makes_cpu_an_inefficient_algorithm() -> None:
    """Twice the passages take four times as long."""
    before = judged(comparing(), healthy())
    assert (before.verdict.cause, before.wants_growth) == ("cpu", "retriever")
    found = judged(comparing(), healthy(), grown(2.0))
    assert (found.verdict.cause, found.verdict.function) == (
        "inefficient_algorithm",
        "_without_doubles",
    )
    assert found.verdict.exponents == (("top_k", 2.0),)
    assert found.wants_growth is None
    assert any("with the power 2.0 of" in told for told in found.verdict.evidence)


@pytest.mark.parametrize("power", [0.0, 1.0, 1.2])
def test_growth_with_the_work_leaves_it_cpu(power: float) -> None:
    """What grows no faster than the work is computing, not a bad algorithm."""
    found = judged(comparing(), healthy(), grown(power))
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "_without_doubles")


def test_one_slow_replay_is_no_growth() -> None:
    """The double took eight times as long, the half as long as the whole: no power of anything."""
    point = grown(0.0)[0].points
    steep = replace(point[2], function_ms={k: 8 * ms for k, ms in point[2].function_ms.items()})
    found = judged(comparing(), healthy(), (Growth("top_k", (point[0], point[1], steep)),))
    assert found.verdict.cause == "cpu"


def test_without_a_reference_repeated_calls_speak_for_themselves() -> None:
    """Fifty like queries in one span need no comparison; the confidence is lower."""
    found = judged(one_by_one())
    assert (found.verdict.cause, found.verdict.function) == (
        "inefficient_algorithm",
        "Documents._one",
    )
    assert found.verdict.confidence == "medium"
    assert found.verdict.avoidable_ms == pytest.approx(299, abs=10)
    assert any("no healthy reference" in told for told in found.verdict.against)


def test_without_a_reference_growth_can_convict() -> None:
    """Quadratic work is avoidable whatever a healthy request takes."""
    assert judged(comparing()).verdict.cause == "none"
    found = judged(comparing(), None, grown(2.0))
    assert (found.verdict.cause, found.verdict.function) == (
        "inefficient_algorithm",
        "_without_doubles",
    )


@pytest.mark.parametrize(("distinct", "cause"), [(1, "inefficient_algorithm"), (48, "none")])
def test_without_a_reference_the_same_work_again_is_avoidable(distinct: int, cause: str) -> None:
    """48 calls with the same arguments are 47 too many; with 48 different ones nobody knows."""
    again = (*RESPONDING, own("serialize_prompt", "generator/prompt.py", 35))
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (4300.0, 4310.0, 4330.0),
            {ANSWERING: 3490, CALLING: 8, again: 800},
            cpu_ms=(815.0, 816.0, 820.0),
            still={ANSWERING: 3480},
            calls=(calls("chat gpt-4", "POST", own_ms=3490),),
        ),
        counts=counts_with(
            counted(
                "generator", "openai.generate", "serialize_prompt", "generator/prompt.py", 48,
                distinct=distinct,
            )
        ),
    )  # fmt: skip
    found = judged(now)
    assert found.verdict.cause == cause
    if cause != "none":
        assert found.verdict.function == "serialize_prompt"
        assert found.verdict.calls == 48


def test_a_reference_that_shows_the_same_does_not_hide_a_sleep() -> None:
    """Made with the sleep in it, it can't excuse it; that is told, and the confidence is lower."""
    napping = (*SCORING, own("_settle", "retriever/scoring.py", 33))
    both = changed(
        healthy(),
        span(
            "score",
            (710.0, 715.0, 712.0),
            {ALIGNING: 390, SCORING: 20, napping: 300},
            cpu_ms=(400.0, 402.0, 401.0),
            still={napping: 300},
        ),
    )
    text = {("services/retriever/scoring.py", 33): "    time.sleep(0.3)"}
    found = judged(both, both, source=text)
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "_settle")
    assert found.verdict.confidence == "medium"
    assert any("spends that time too" in told for told in found.verdict.against)


def test_without_a_reference_an_awaited_sleep_speaks_for_itself() -> None:
    """The tasks' own stacks show it, whatever the loop did meanwhile."""
    sleeping = (
        own("Gateway.query", "gateway/service.py", 44),
        own("Pipeline._settle", "gateway/pipeline.py", 90),
        Frame("sleep", LIB + "asyncio/tasks.py", 702),
    )
    now = changed(
        healthy(),
        span("POST /query", (320.0, 322.0, 321.0), {IDLE: 320}, cpu_ms=(12.0,) * 3),
        counts=counts_with(awaited=(Awaited("gateway", "POST /query", sleeping, 300.0),)),
    )
    found = judged(now)
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "Pipeline._settle")


@pytest.mark.parametrize("reference", ["another", None])
def test_a_sleep_beside_a_long_healthy_wait_names_who_sleeps(reference: str | None) -> None:
    """The model's answer takes ten times as long, and is nobody's fault."""
    napping = (*RESPONDING[:-1], own("generate_response", "generator/completion.py", 33))
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (3800.0, 3805.0, 3803.0),
            {ANSWERING: 3490, CALLING: 8, napping: 300},
            cpu_ms=(15.0,) * 3,
            still={ANSWERING: 3480, napping: 300},
            calls=(calls("chat gpt-4", "POST", own_ms=3490),),
        ),
    )
    text = {("services/generator/completion.py", 33): "    time.sleep(0.3)"}
    found = judged(elsewhere(now), healthy() if reference else None, source=text)
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "generate_response")


def elsewhere(measurement: Measurement, words: int = 12, top_k: int = 5) -> Measurement:
    """The same as another request."""
    request = replace(REQUEST, digest="d2", question_words=words, top_k=top_k)
    return replace(measurement, request=request)


def test_another_requests_reference_bounds_what_computing_may_cost() -> None:
    """600 ms more than a question of the same size takes are too much."""
    found = judged(elsewhere(comparing()), healthy())
    assert (found.verdict.cause, found.verdict.function) == ("cpu", "_without_doubles")
    assert found.verdict.confidence == "medium"
    assert any("of another request" in told for told in found.verdict.against)


def test_another_requests_reference_bounds_the_number_of_calls() -> None:
    """Fifty queries where the reference needed one."""
    found = judged(elsewhere(one_by_one(), words=20), healthy())
    assert (found.verdict.cause, found.verdict.function) == (
        "inefficient_algorithm",
        "Documents._one",
    )


def test_another_requests_reference_bounds_the_prompt() -> None:
    """More tokens than the longest prompt should have are redundant, whatever the answer takes."""
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (2900.0, 2903.0, 2901.0),
            {ANSWERING: 2890, CALLING: 8},
            cpu_ms=(15.0,) * 3,
            still={ANSWERING: 2880},
            calls=(calls("chat gpt-4", "POST", own_ms=2890),),
            tokens={"llm.prompt_tokens": 2650, "llm.completion_tokens": 310},
        ),
    )
    found = judged(elsewhere(now), healthy())
    assert found.verdict.cause == "redundant_tokens"
    assert found.verdict.avoidable_ms == pytest.approx(193, abs=5)
