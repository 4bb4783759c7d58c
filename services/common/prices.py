"""What a model's tokens cost.

US dollars per million tokens, from OpenAI's public price list (https://openai.com/api/pricing and
the models' own pages), standard tier, as of August 2025.
"""

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    prompt_usd: float
    completion_usd: float


PRICES = {
    "gpt-4": Price(30.00, 60.00),
    "gpt-4-turbo": Price(10.00, 30.00),
    "gpt-4o": Price(2.50, 10.00),
    "gpt-4o-mini": Price(0.15, 0.60),
}


def cost_usd(model: str, prompt_tokens: int, completion_tokens: int) -> float:
    """The cost of one call. Raises KeyError for a model that isn't in the table."""
    price = PRICES[model]
    return (prompt_tokens * price.prompt_usd + completion_tokens * price.completion_usd) / MILLION
