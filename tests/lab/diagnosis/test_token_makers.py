"""Which function makes a prompt longer."""

from lab.measure.measurement import Counted, Counts, Measurement
from tests.lab.literal_measurements import (
    ANSWERING,
    CALLING,
    calls,
    changed,
    counted,
    counts_with,
    healthy,
    judged,
    span,
)

PROMPT = "generator/prompt.py"
TOKENS = "common/tokens.py"


def making(passages: int) -> tuple[Counted, ...]:
    """What `serialize_prompt` calls for so many passages."""
    where = "generator", "serialize_prompt"
    return (
        counted(*where, "count", TOKENS, 7 * passages, caller="count_chat.<locals>.<genexpr>"),
        counted(*where, "count_chat.<locals>.<genexpr>", TOKENS, passages, caller="count_chat"),
        counted(*where, "count_chat", TOKENS, passages, caller="_prompt"),
        counted(*where, "_prompt", PROMPT, passages, caller="serialize_prompt"),
    )


def asking(excerpts: int = 5, words: int = 275) -> tuple[Counted, ...]:
    """What the other services call."""
    return (
        counted("gateway", "POST /query", "Pipeline._make", "gateway/pipeline.py", 1),
        counted("gateway", "POST /query", "excerpt", "gateway/pipeline.py", excerpts,
                caller="Pipeline._make"),
        counted("retriever", "score", "Rarity.of", "retriever/scoring.py", words, caller="score"),
    )  # fmt: skip


def longer(counts: Counts) -> Measurement:
    """800 prompt tokens more, and what the model takes for them."""
    generating = span(
        "openai.generate",
        (3900.0, 3903.0, 3901.0),
        {ANSWERING: 3890, CALLING: 8},
        cpu_ms=(15.0,) * 3,
        still={ANSWERING: 3880},
        calls=(calls("chat gpt-4", "POST", own_ms=3890),),
        tokens={"llm.prompt_tokens": 2650, "llm.completion_tokens": 420},
    )
    return changed(healthy(), generating, counts=counts)


REFERENCE = healthy(counts=counts_with(*making(10), *asking()))


def blamed(*functions: Counted) -> str | None:
    """The function of a verdict that it is redundant tokens."""
    verdict = judged(longer(counts_with(*functions)), REFERENCE).verdict
    assert verdict.cause == "redundant_tokens"
    return verdict.function


def test_who_calls_more_is_named_not_what_is_called_more() -> None:
    """Each passage twice: counting and wrapping them is as it ever was."""
    assert blamed(*making(20), *asking()) == "serialize_prompt"


def test_a_new_function_of_the_gateway_that_lengthens_the_question_is_named() -> None:
    """More words to rank by are its doing, too."""
    more = counted("gateway", "POST /query", "_with_history", "gateway/pipeline.py", 1,
                   caller="Pipeline._make")  # fmt: skip
    assert blamed(more, *making(10), *asking(words=900)) == "_with_history"


def test_a_gateway_that_adds_more_of_the_same_is_named_by_who_calls() -> None:
    """The retriever's functions run more often for a longer question: they only follow."""
    assert blamed(*making(10), *asking(excerpts=50, words=900)) == "Pipeline._make"


def test_where_nothing_is_new_the_function_of_the_span_is_named() -> None:
    """A longer question may come from anywhere, a constant for one."""
    assert blamed(*making(10), *asking(words=900)) == "serialize_prompt"
