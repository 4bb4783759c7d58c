"""The prompt and its budget."""

import pytest

from services.common import tokens
from services.common.passages import Passage
from services.generator.prompt import INSTRUCTIONS, serialize_prompt

SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank. "


def passage(number: int, sentences: int = 12) -> Passage:
    """About 170 tokens."""
    return Passage(
        id=f"p{number}",
        title=f"Title {number}",
        url="https://x",
        text=SENTENCE * sentences,
        score=1,
    )


def test_prompt_holds_instructions_passages_and_question() -> None:
    """Passages are numbered in their order; the question comes last."""
    prompt = serialize_prompt("Why?", [passage(1, 1), passage(2, 1)], 1000)
    system, user = prompt.messages
    assert system == {"role": "system", "content": INSTRUCTIONS}
    assert user["role"] == "user"
    text = SENTENCE
    assert user["content"] == f"[1] Title 1\n{text}\n\n[2] Title 2\n{text}\n\nQuestion: Why?"


def test_tokens_are_those_the_provider_counts() -> None:
    """Content, roles, and what the chat format adds."""
    prompt = serialize_prompt("Why?", [passage(1)], 1000)
    assert prompt.tokens == tokens.count_chat(prompt.messages)


@pytest.mark.parametrize("budget", [300, 500, 777, 1000, 1850])
def test_budget_is_used_and_kept(budget: int) -> None:
    """With more passages than fit, the prompt fills the budget and never passes it."""
    prompt = serialize_prompt("Why?", [passage(number) for number in range(1, 30)], budget)
    assert budget - 45 <= prompt.tokens <= budget


def test_small_rest_of_a_budget_is_left() -> None:
    """A passage isn't cut down to a few words."""
    full = serialize_prompt("Why?", [passage(1)], 10_000).tokens
    prompt = serialize_prompt("Why?", [passage(1), passage(2)], full + 20)
    assert "[2]" not in prompt.messages[1]["content"]
    assert prompt.tokens == full


def test_short_passage_is_kept_whole() -> None:
    """A passage of a few words is no rest."""
    short = Passage(id="p", title="t", url="https://x", text="Use sorted().", score=1)
    prompt = serialize_prompt("Why?", [short], 1000)
    assert "[1] t\nUse sorted()." in prompt.messages[1]["content"]


def test_question_is_never_cut() -> None:
    """A question beyond the budget leaves no room for passages, but stays whole."""
    question = SENTENCE * 30
    prompt = serialize_prompt(question, [passage(1)], 100)
    assert prompt.messages[1]["content"] == f"Question: {question}"


def test_no_passages_make_a_prompt_too() -> None:
    """Nothing found is no error."""
    assert serialize_prompt("Why?", [], 100).messages[1]["content"] == "Question: Why?"
