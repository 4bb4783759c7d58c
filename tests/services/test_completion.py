"""The call to OpenAI: what it makes of answers and errors."""

import json

import httpx2
import pytest
from openai import OpenAI

from services.common.problems import ProblemError
from services.generator.completion import MAX_RETRIES, generate_response
from services.generator.prompt import Prompt

PROMPT = Prompt(({"role": "user", "content": "Why?"},), 9)
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4-0613",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}
SECRET = "xylophonic-wombat"


class Provider:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, status: int, body: object, error: Exception | None = None) -> None:
        self.asked: list[dict[str, object]] = []
        self._status, self._body, self._error = status, body, error

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(json.loads(request.content))
        if self._error:
            raise self._error
        # Retry-After spares the test the client's own pauses
        return httpx2.Response(self._status, json=self._body, headers={"retry-after-ms": "1"})

    def client(self) -> OpenAI:
        transport = httpx2.MockTransport(self)
        http = httpx2.Client(transport=transport, base_url="http://openai")
        return OpenAI(
            api_key="key", base_url="http://openai/v1", http_client=http, max_retries=MAX_RETRIES
        )


def test_answer_comes_with_tokens_and_cost() -> None:
    """Tokens are the provider's, the cost follows the model asked for."""
    provider = Provider(200, ANSWER)
    found = generate_response(provider.client(), PROMPT, "gpt-4", "u1", 420)
    assert (found.text, found.model) == ("So.", "gpt-4-0613")
    assert (found.prompt_tokens, found.completion_tokens) == (1000, 100)
    assert found.cost_usd == pytest.approx(0.036)
    assert provider.asked[0]["max_tokens"] == 420
    assert provider.asked[0]["messages"] == list(PROMPT.messages)


@pytest.mark.parametrize(
    ("status", "attempts"), [(500, MAX_RETRIES + 1), (429, MAX_RETRIES + 1), (400, 1), (401, 1)]
)
def test_refusal_is_a_bad_gateway(status: int, attempts: int) -> None:
    """502 after the client's own retries; what the provider wrote isn't repeated."""
    provider = Provider(status, {"error": {"message": SECRET}})
    with pytest.raises(ProblemError, match=str(status)) as raised:
        generate_response(provider.client(), PROMPT, "gpt-4", "u1", 420)
    assert raised.value.status == 502
    assert SECRET not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert len(provider.asked) == attempts


@pytest.mark.parametrize(
    ("error", "status"),
    [(httpx2.ReadTimeout("slow"), 504), (httpx2.ConnectError("nobody there"), 502)],
)
def test_silence_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """504 if it took too long, 502 if it isn't there."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.001)
    with pytest.raises(ProblemError) as raised:
        generate_response(Provider(200, ANSWER, error).client(), PROMPT, "gpt-4", "u1", 420)
    assert raised.value.status == status


def test_answer_without_usage_is_a_problem() -> None:
    """Without token counts there is no cost to tell."""
    provider = Provider(200, {**ANSWER, "usage": None})
    with pytest.raises(ProblemError, match="tokens"):
        generate_response(provider.client(), PROMPT, "gpt-4", "u1", 420)
