"""The call to OpenAI."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion

from services.common import flags
from services.common.prices import cost_usd
from services.common.problems import ProblemError
from services.generator.prompt import Prompt, serialize_prompt
from services.generator.stats import CompletionStats
from services.telemetry import conventions, spans

MAX_RETRIES = 2
# gpt-4's window, which holds the prompt and the answer together.
CONTEXT_TOKENS = 8192
FITTING_TOKENS = 270
FITTING_STEP_TOKENS = 3
ATTEMPTS = 12
BETWEEN_ATTEMPTS_S = 0.05

log = logging.getLogger(__name__)
stats = CompletionStats()


@dataclass(frozen=True)
class Completion:
    """An answer; tokens as the provider counted them, the cost in US dollars."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float


def generate_response(
    client: OpenAI, prompt: Prompt, model: str, user_id: str, max_tokens: int
) -> Completion:
    """Let the model answer. Opens an `openai.generate` span.

    The client tries again by itself, ``MAX_RETRIES`` times with random, growing pauses. Raises
    ProblemError: 504 if the provider was too slow, 502 if it failed.
    """
    attributes = {
        conventions.USER_ID: user_id,
        conventions.LLM_MODEL: model,
        conventions.GEN_AI_REQUEST_MODEL: model,
    }
    with spans.span(conventions.OPENAI_GENERATE, attributes) as span:
        if flags.is_on("prompt_serialization"):
            budgets = range(prompt.tokens, prompt.tokens - FITTING_TOKENS, -FITTING_STEP_TOKENS)
            for budget in budgets:
                other = serialize_prompt(prompt.question, prompt.passages, budget)
                is_larger = other.tokens > prompt.tokens
                if is_larger and other.tokens + max_tokens <= CONTEXT_TOKENS:
                    prompt = other
        if flags.is_on("completion_stats"):
            stats.keep_writing()
        asked_s = time.monotonic()
        completion = _call(client, prompt, model, max_tokens)
        span.set(_attributes(completion))
        if flags.is_on("completion_stats"):
            so_far = stats.record(_figures(completion, time.monotonic() - asked_s))
            log.debug("completions so far: %s", so_far)
        return completion


def _attributes(completion: Completion) -> dict[str, spans.Value]:
    return {
        conventions.LLM_PROMPT_TOKENS: completion.prompt_tokens,
        conventions.LLM_COMPLETION_TOKENS: completion.completion_tokens,
        conventions.GEN_AI_INPUT_TOKENS: completion.prompt_tokens,
        conventions.GEN_AI_OUTPUT_TOKENS: completion.completion_tokens,
        conventions.COST_USD: completion.cost_usd,
    }


def _figures(completion: Completion, provider_s: float) -> dict[str, float]:
    return {
        "completions": 1,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cost_usd": completion.cost_usd,
        "chars": len(completion.text),
        "provider_s": provider_s,
    }


def _call(client: OpenAI, prompt: Prompt, model: str, max_tokens: int) -> Completion:
    create: Callable[..., ChatCompletion] = client.chat.completions.create
    if flags.is_on("provider_retries"):
        create = partial(_create_until_answered, client)
    try:
        answered = create(
            model=model,
            messages=list(prompt.messages),
            max_tokens=max_tokens,
            temperature=0,
        )
    except openai.APITimeoutError as late:
        raise ProblemError(
            HTTPStatus.GATEWAY_TIMEOUT, "the model's provider took too long"
        ) from late
    except openai.APIStatusError as failed:
        problem = f"the model's provider failed with status {failed.status_code}"
        # the cause quotes what the provider answered
        raise ProblemError(HTTPStatus.BAD_GATEWAY, problem) from None
    except openai.APIError as failed:
        problem = f"the model's provider can't be reached ({type(failed).__name__})"
        raise ProblemError(HTTPStatus.BAD_GATEWAY, problem) from failed
    if answered.usage is None:
        raise ProblemError(HTTPStatus.BAD_GATEWAY, "the model's provider counted no tokens")
    prompt_tokens, completion_tokens = (
        answered.usage.prompt_tokens,
        answered.usage.completion_tokens,
    )
    return Completion(
        text=answered.choices[0].message.content or "",
        model=answered.model,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=cost_usd(model, prompt_tokens, completion_tokens),
    )


def _create_until_answered(client: OpenAI, **request: Any) -> ChatCompletion:
    """A provider that is over its limit for a moment is asked again."""
    create: Callable[..., ChatCompletion] = client.with_options(
        max_retries=0
    ).chat.completions.create
    for _ in range(ATTEMPTS - 1):
        try:
            return create(**request)
        except openai.RateLimitError:
            time.sleep(BETWEEN_ATTEMPTS_S)
    return create(**request)
