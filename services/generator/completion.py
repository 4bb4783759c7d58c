"""The call to OpenAI."""

from dataclasses import dataclass
from http import HTTPStatus

import openai
from openai import OpenAI

from services.common.prices import cost_usd
from services.common.problems import ProblemError
from services.generator.prompt import Prompt
from services.telemetry import conventions, spans

MAX_RETRIES = 2


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
        completion = _call(client, prompt, model, max_tokens)
        span.set(
            {
                conventions.LLM_PROMPT_TOKENS: completion.prompt_tokens,
                conventions.LLM_COMPLETION_TOKENS: completion.completion_tokens,
                conventions.GEN_AI_INPUT_TOKENS: completion.prompt_tokens,
                conventions.GEN_AI_OUTPUT_TOKENS: completion.completion_tokens,
                conventions.COST_USD: completion.cost_usd,
            }
        )
        return completion


def _call(client: OpenAI, prompt: Prompt, model: str, max_tokens: int) -> Completion:
    try:
        answered = client.chat.completions.create(
            model=model,
            messages=list(prompt.messages),  # type: ignore[arg-type] # plain dicts are accepted
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
