"""What the gateway refuses, and what it says then."""

import asyncio
import json
import logging

import httpx
import pytest

from services.common.fields import MAX_QUESTION_CHARS
from services.gateway.service import MAX_BODY_BYTES, create_app
from services.gateway.settings import Settings

SECRET = "xylophonic-wombat"
GOOD = {"question": "Why?", "user_id": "u1"}


@pytest.fixture
def gateway() -> httpx.Client:
    """A gateway without anything behind it: what it refuses goes no further."""
    nothing = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), nothing)
    return httpx.Client(transport=_Direct(app), base_url="http://gateway")


class _Direct(httpx.BaseTransport):
    """Calls an ASGI application, each request on an event loop of its own."""

    def __init__(self, app: object) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)  # type: ignore[arg-type]
            body = request.read()
            again = httpx.Request(
                request.method, request.url, headers=request.headers, content=body
            )
            answered = await transport.handle_async_request(again)
            return httpx.Response(
                answered.status_code, headers=answered.headers, content=await answered.aread()
            )

        return asyncio.run(send())


BAD_BODIES = {
    "empty question": ({**GOOD, "question": ""}, "question"),
    "blank question": ({**GOOD, "question": " \n\t "}, "question"),
    "over-long question": ({**GOOD, "question": SECRET * 300}, "question"),
    "question of a wrong type": ({**GOOD, "question": [SECRET]}, "question"),
    "question is null": ({**GOOD, "question": None}, "question"),
    "question with half a character": ({**GOOD, "question": "\ud800"}, "question"),
    "no question": ({"user_id": "u1"}, "question"),
    "no user": ({"question": SECRET}, "user_id"),
    "user with a space": ({**GOOD, "user_id": f"{SECRET} "}, "user_id"),
    "user with a line break": ({**GOOD, "user_id": "u1\n"}, "user_id"),
    "empty user": ({**GOOD, "user_id": ""}, "user_id"),
    "user too long": ({**GOOD, "user_id": "u" * 65}, "user_id"),
    "user is a number": ({**GOOD, "user_id": 7}, "user_id"),
    "top_k 0": ({**GOOD, "top_k": 0}, "top_k"),
    "top_k 21": ({**GOOD, "top_k": 21}, "top_k"),
    "top_k is text": ({**GOOD, "top_k": "5"}, "top_k"),
    "top_k is a fraction": ({**GOOD, "top_k": 1.5}, "top_k"),
    "top_k is true": ({**GOOD, "top_k": True}, "top_k"),
    "unknown model": ({**GOOD, "model": SECRET}, "model"),
    "unknown field": ({**GOOD, SECRET: 1}, "body"),
    "a list": ([SECRET], "body"),
    "a string": (SECRET, "body"),
    "null": (None, "body"),
}


@pytest.mark.parametrize(("body", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_field_is_named_but_not_repeated(
    gateway: httpx.Client, body: object, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    """422 as problem+json with the field's name; nothing sent is in the answer or in a log."""
    caplog.set_level(logging.DEBUG)
    content = json.dumps(body)
    response = gateway.post("/query", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == 422
    assert problem["title"]
    assert [error["field"] for error in problem["errors"]] == [field]
    assert field in problem["detail"]
    assert SECRET not in response.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("text", ["", "{", f'{{"question": "{SECRET}",', "\x00", "[" * 30_000])
def test_what_is_not_json_is_refused(gateway: httpx.Client, text: str) -> None:
    """4xx as problem+json, whatever the bytes are."""
    response = gateway.post("/query", content=text, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert SECRET not in response.text


def test_body_that_is_not_text_is_refused(gateway: httpx.Client) -> None:
    """Bytes that aren't UTF-8 are the caller's mistake, not ours."""
    response = gateway.post(
        "/query", content=b'{"question": "\xff"}', headers={"content-type": "application/json"}
    )
    assert response.status_code == 400


def test_other_content_type_is_refused(gateway: httpx.Client) -> None:
    """JSON that isn't declared as such isn't read."""
    response = gateway.post(
        "/query", content=json.dumps(GOOD), headers={"content-type": "text/plain"}
    )
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("declared", [True, False])
def test_oversized_body_is_refused(gateway: httpx.Client, declared: bool) -> None:
    """413 if more than 64 KiB come, whether or not the length is told beforehand."""
    content = json.dumps({**GOOD, "question": "x" * MAX_BODY_BYTES}).encode()
    headers = {"content-type": "application/json"}
    response = gateway.post(
        "/query", content=content if declared else iter([content]), headers=headers
    )
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/query", 405), ("GET", "/x", 404)])
def test_wrong_address_is_a_problem_too(
    gateway: httpx.Client, method: str, path: str, status: int
) -> None:
    """Errors of the framework have the same form."""
    response = gateway.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_longest_question_passes(gateway: httpx.Client) -> None:
    """4000 characters, not counting spaces around them, are let through to the retriever."""
    question = " " + "é" * MAX_QUESTION_CHARS + " "
    response = gateway.post("/query", json={**GOOD, "question": question})
    assert response.status_code == 502


def test_interface_is_documented(gateway: httpx.Client) -> None:
    """OpenAPI describes the query with its limits."""
    document = gateway.get("/openapi.json").json()
    fields = document["components"]["schemas"]["QueryRequest"]["properties"]
    assert fields["question"]["maxLength"] == MAX_QUESTION_CHARS
    assert fields["top_k"]["default"] == 5
    assert fields["model"]["default"] == "gpt-4"
    assert gateway.get("/docs").status_code == 200
