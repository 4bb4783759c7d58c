"""OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat."""

import hashlib
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from services.common import flags, tokens
from services.providers.answers import Answer, compose
from services.providers.latency import ChatLatency, Pace
from services.providers.limit import RateLimit
from services.providers.models import ChatRequest


@dataclass(frozen=True)
class Model:
    """What an alias stands for; ``context_tokens`` bound prompt and answer together."""

    snapshot: str
    context_tokens: int
    latency: ChatLatency


MODELS = {
    # 3,500 ms for 1,850 tokens read and 420 written
    "gpt-4": Model("gpt-4-0613", 8192, ChatLatency(240, 0.4, 6.0)),
    "gpt-4-turbo": Model("gpt-4-turbo-2024-04-09", 128_000, ChatLatency(300, 0.05, 4.0)),
    "gpt-4o": Model("gpt-4o-2024-08-06", 128_000, ChatLatency(250, 0.03, 2.2)),
    "gpt-4o-mini": Model("gpt-4o-mini-2024-07-18", 128_000, ChatLatency(120, 0.02, 1.0)),
}


# In a busy hour a request waits before it is worked on.
BUSY_MS = 1200
REFUSING_MS = 90


class OpenAIError(Exception):
    """An error in OpenAI's shape."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "message": message,
            "type": kind,
            "param": param,
            "code": code,
        }


async def on_error(_: Request, error: Exception) -> JSONResponse:
    """An OpenAIError as OpenAI answers it."""
    assert isinstance(error, OpenAIError)  # noqa: S101 - registered for this class alone
    return JSONResponse({"error": error.error}, error.status)


class Chat:
    """The endpoints."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._limit = RateLimit()

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/v1", tags=["openai"])
        router.get("/models")(self.models)
        router.post("/chat/completions")(self.completions)
        return router

    async def models(self, authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
        """The models there are."""
        _check_key(authorization)
        data = [{"id": name, "object": "model", "owned_by": "openai"} for name in MODELS]
        return {"object": "list", "data": data}

    async def completions(
        self, request: Request, authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        """Answer a chat, after as long as the real model would take."""
        started_s = self._pace.start()
        _check_key(authorization)
        body = await request.body()
        asked = _parse(body)
        model = _model(asked.model)
        if flags.is_on("provider_retries") and self._limit.refuses(body):
            await self._pace.finish(started_s, REFUSING_MS)
            raise _over_limit(asked.model)
        prompt_tokens, answer = await to_thread.run_sync(_answer, asked, model)
        latency_ms = model.latency.of(prompt_tokens, answer.tokens)
        if flags.is_on("provider_latency"):
            latency_ms += BUSY_MS
        await self._pace.finish(started_s, latency_ms)
        return JSONResponse(
            _document(asked, model, prompt_tokens, answer),
            headers={"openai-processing-ms": str(round(latency_ms))},
        )


def _check_key(authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise OpenAIError(
            HTTPStatus.UNAUTHORIZED,
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )


def _parse(body: bytes) -> ChatRequest:
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        message = f"Invalid request: {first['msg']}."
        raise OpenAIError(HTTPStatus.BAD_REQUEST, message, "invalid_request", param) from None
    if asked.stream:
        message = "Streaming is not supported here."
        raise OpenAIError(HTTPStatus.BAD_REQUEST, message, "unsupported_value", "stream")
    return asked


def _model(name: str) -> Model:
    for alias, model in MODELS.items():
        if name in (alias, model.snapshot):
            return model
    message = f"The model `{name}` does not exist or you do not have access to it."
    raise OpenAIError(HTTPStatus.NOT_FOUND, message, "model_not_found", "model")


def _over_limit(model: str) -> OpenAIError:
    message = f"Rate limit reached for {model} on requests per min (RPM)."
    code, kind = "rate_limit_exceeded", "requests"
    return OpenAIError(HTTPStatus.TOO_MANY_REQUESTS, message, code, kind=kind)


def _answer(asked: ChatRequest, model: Model) -> tuple[int, Answer]:
    prompt_tokens = tokens.count_chat(
        [{"role": message.role, "content": message.text} for message in asked.messages]
    )
    left = model.context_tokens - prompt_tokens
    if left < (asked.limit or 1):
        message = (
            f"This model's maximum context length is {model.context_tokens} tokens. However, you "
            f"requested {prompt_tokens + (asked.limit or 0)} tokens ({prompt_tokens} in the "
            f"messages, {asked.limit or 0} in the completion). Please reduce the length of the "
            "messages or completion."
        )
        raise OpenAIError(HTTPStatus.BAD_REQUEST, message, "context_length_exceeded", "messages")
    prompt = "\n".join(message.text for message in asked.messages if message.role == "user")
    return prompt_tokens, compose(prompt, asked.limit or left)


def _document(
    asked: ChatRequest, model: Model, prompt_tokens: int, answer: Answer
) -> dict[str, Any]:
    identity = hashlib.sha256(f"{asked.model}\0{answer.text}".encode()).hexdigest()
    return {
        "id": f"chatcmpl-{identity[:29]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model.snapshot,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text, "refusal": None},
                "logprobs": None,
                "finish_reason": "length" if answer.is_cut else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer.tokens,
            "total_tokens": prompt_tokens + answer.tokens,
        },
        "system_fingerprint": None,
    }
