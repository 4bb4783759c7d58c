"""Token counts."""

from typing import get_args

import pytest

from services.common import tokens
from services.common.fields import Model
from services.common.prices import PRICES, cost_usd
from services.providers.chat import MODELS


def test_counts_are_those_of_cl100k() -> None:
    """Literal texts have the numbers that OpenAI's tokenizer page shows."""
    assert tokens.count("") == 0
    assert tokens.count("hello world") == 2
    assert tokens.count("antidisestablishmentarianism") == 6


def test_chat_adds_what_the_format_costs() -> None:
    """Three tokens a message and three before the reply, as in OpenAI's cookbook."""
    message = {"role": "user", "content": "hello world"}
    assert tokens.count_chat([message]) == 3 + 3 + 1 + 2
    assert tokens.count_chat([message, message]) == 3 + 2 * (3 + 1 + 2)


@pytest.mark.parametrize("limit", [0, 1, 3, 4, 5, 6, 7, 100])
def test_truncation_keeps_a_beginning_of_whole_characters(limit: int) -> None:
    """A cut inside a character of several tokens leaves the character out."""
    text = "日本語 text 🎉 and more"
    cut = tokens.truncate(text, limit)
    assert text.startswith(cut)
    assert tokens.count(cut) <= limit
    assert tokens.truncate(text, 1000) == text


def test_cost_follows_the_price_table() -> None:
    """The mystery query's tokens cost 8.07 cents with gpt-4."""
    assert cost_usd("gpt-4", 1850, 420) == pytest.approx(0.0807)
    assert cost_usd("gpt-4o-mini", 1_000_000, 1_000_000) == pytest.approx(0.75)
    with pytest.raises(KeyError):
        cost_usd("gpt-1", 1, 1)


def test_every_model_that_may_be_asked_has_a_price() -> None:
    """The models of the interface are those of the table."""
    assert set(get_args(Model)) == set(PRICES) == set(MODELS)
