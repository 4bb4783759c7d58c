"""What a model call and a query must tell of themselves, and which values can be true."""

from collections.abc import Sequence
from math import isclose

from lab.traces.spans import AttributeValue, Span
from services.common.prices import PRICES, cost_usd
from services.telemetry.conventions import (
    CACHE_HIT,
    COST_USD,
    GEN_AI_INPUT_TOKENS,
    GEN_AI_OUTPUT_TOKENS,
    GEN_AI_REQUEST_MODEL,
    LLM_COMPLETION_TOKENS,
    LLM_MODEL,
    LLM_PROMPT_TOKENS,
    USER_ID,
)

# From OpenAI's public page of each model.
CONTEXT_TOKENS = {
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4o": 128_000,
    "gpt-4o-mini": 128_000,
}
# Bounds for models the lab doesn't know: wider than any on sale.
WIDEST_CONTEXT_TOKENS = 2_000_000
HIGHEST_USD_PER_TOKEN = 0.001
# Costs are told in millionths of a dollar.
COST_ERROR_USD = 1e-6
COUNTS = (LLM_PROMPT_TOKENS, LLM_COMPLETION_TOKENS)
SAME_AS = {
    LLM_MODEL: GEN_AI_REQUEST_MODEL,
    LLM_PROMPT_TOKENS: GEN_AI_INPUT_TOKENS,
    LLM_COMPLETION_TOKENS: GEN_AI_OUTPUT_TOKENS,
}


def call_problems(call: Span) -> list[str]:
    """What is wrong with a model call's attributes; the same words for the same fault."""
    told = call.attributes
    problems = _user_problems(call)
    if not _is_text(told.get(LLM_MODEL)):
        problems.append(_wrong(call, LLM_MODEL))
    for name in COUNTS:
        if count_of(call, name) is None:
            problems.append(_wrong(call, name))
    limit = CONTEXT_TOKENS.get(str(told.get(LLM_MODEL)), WIDEST_CONTEXT_TOKENS)
    if sum(count_of(call, name) or 0 for name in COUNTS) > limit:
        problems.append(f"more tokens than the context of {limit:,}")
    problems += [
        f"{ours} differs from {theirs}"
        for ours, theirs in SAME_AS.items()
        if ours in told and told[ours] != told.get(theirs)
    ]
    return problems + _price_problems(call)


def query_problems(query: Span, calls: Sequence[Span]) -> list[str]:
    """What is wrong with the user and the cost of a query that made these model calls.

    One that shows no call and was not answered from the cache has lost them: its cost may be any.
    """
    problems = _user_problems(query)
    cost = cost_of(query)
    if cost is None:
        return [*problems, _wrong(query, COST_USD)]
    paid = [cost_of(call) or 0.0 for call in calls]
    # Where a call was made again because its answer came too late, the query tells one of them.
    possible = [sum(paid), *paid]
    is_told = bool(calls) or query.attributes.get(CACHE_HIT) is True
    if is_told and not any(
        isclose(cost, one, rel_tol=1e-6, abs_tol=COST_ERROR_USD) for one in possible
    ):
        problems.append(f"{COST_USD} differs from that of its model calls")
    return problems


def count_of(span: Span, name: str) -> int | None:
    """A count of tokens, None where there is none above 0."""
    value = span.attributes.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    return value


def cost_of(span: Span) -> float | None:
    """The span's cost in US dollars, None where it tells none or a negative one."""
    cost = span.attributes.get(COST_USD)
    if isinstance(cost, bool) or not isinstance(cost, int | float) or cost < 0:
        return None
    return float(cost)


def _price_problems(call: Span) -> list[str]:
    cost = cost_of(call)
    if cost is None:
        return [_wrong(call, COST_USD)]
    model = str(call.attributes.get(LLM_MODEL))
    prompt, completion = (count_of(call, name) for name in COUNTS)
    if prompt is None or completion is None:
        return []
    if model in PRICES:
        price = cost_usd(model, prompt, completion)
        is_right = isclose(cost, price, rel_tol=1e-6, abs_tol=COST_ERROR_USD)
    else:
        is_right = 0 < cost <= (prompt + completion) * HIGHEST_USD_PER_TOKEN
    return [] if is_right else [f"{COST_USD} is not the price of its tokens"]


def _user_problems(span: Span) -> list[str]:
    return [] if _is_text(span.attributes.get(USER_ID)) else [_wrong(span, USER_ID)]


def _is_text(value: AttributeValue | None) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _wrong(span: Span, name: str) -> str:
    found = span.attributes.get(name)
    return f"no {name}" if found is None else f"{name} is {found!r}"
