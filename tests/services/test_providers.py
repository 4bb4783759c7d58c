"""The emulated APIs, as the real clients and as bare HTTP see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from fastapi.testclient import TestClient
from pinecone import Pinecone, PineconeError

from services.providers.service import create_app
from services.providers.settings import Settings
from tests.services.servers import Running, Server

CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "Question: Why?"}]}
BEARER = {"authorization": "Bearer key"}
KEY = {"api-key": "key"}
WIZARD = {"role": "wizard", "content": "x"}
AXIS = [1.0, 0.0, 0.0, 0.0]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Providers whose index has four dimensions."""
    with TestClient(create_app(Settings(tmp_path, 4, 0))) as client:
        yield client


def upsert(client: TestClient, vectors: list[dict[str, Any]], namespace: str = "") -> Any:
    """Store vectors; returns the status."""
    body = {"vectors": vectors, "namespace": namespace}
    return client.post("/vectors/upsert", json=body, headers=KEY).status_code


def test_chat_completion_has_openais_shape(client: TestClient) -> None:
    """One choice, token counts that add up, the snapshot's name."""
    found = client.post("/v1/chat/completions", json={**CHAT, "max_tokens": 5}, headers=BEARER)
    document = found.json()
    assert document["object"] == "chat.completion"
    assert document["model"] == "gpt-4-0613"
    assert document["choices"][0]["finish_reason"] == "length"
    assert document["choices"][0]["message"]["role"] == "assistant"
    usage = document["usage"]
    assert usage["completion_tokens"] == 5
    assert usage["prompt_tokens"] == 3 + 3 + 1 + 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + 5


def test_real_client_understands_answers_and_errors(outside: Server) -> None:
    """The openai package reads both."""
    client = openai.OpenAI(api_key="key", base_url=f"{outside.url}/v1", max_retries=0)
    answered = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": [{"type": "text", "text": "Question: Why?"}]}],
    )
    assert answered.choices[0].finish_reason == "stop"
    assert "gpt-4" in {model.id for model in client.models.list()}
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "x"}])
    assert raised.value.code == "model_not_found"
    client.close()


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found", "model"),
        ({"messages": []}, 400, "invalid_request", "messages"),
        ({"messages": [WIZARD]}, 400, "invalid_request", "messages.0.role"),
        ({"max_tokens": 0}, 400, "invalid_request", "max_tokens"),
        ({"temperature": 3}, 400, "invalid_request", "temperature"),
        ({"n": 2}, 400, "invalid_request", "n"),
        ({"stream": True}, 400, "unsupported_value", "stream"),
        ({"max_tokens": 9000}, 400, "context_length_exceeded", "messages"),
    ],
)  # fmt: skip
def test_bad_chat_is_refused_as_openai_does(
    client: TestClient, change: dict[str, Any], status: int, code: str, param: str
) -> None:
    """An error object with message, type, param and code."""
    response = client.post("/v1/chat/completions", json={**CHAT, **change}, headers=BEARER)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert (error["code"], error["param"]) == (code, param)
    assert error["message"]


def test_body_that_is_not_json_is_refused(client: TestClient) -> None:
    """Both APIs answer in their own shape."""
    chat = client.post("/v1/chat/completions", content=b"{", headers=BEARER)
    assert (chat.status_code, chat.json()["error"]["code"]) == (400, "invalid_request")
    query = client.post("/query", content=b"{", headers=KEY)
    assert (query.status_code, query.json()["code"]) == (400, 3)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"authorization": "key"}])
def test_chat_needs_a_key(client: TestClient, headers: dict[str, str]) -> None:
    """401 without one; which one doesn't matter."""
    response = client.post("/v1/chat/completions", json=CHAT, headers=headers)
    assert response.status_code == 401
    assert "API key" in response.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/query", "/vectors/upsert", "/describe_index_stats"])
def test_index_needs_a_key(client: TestClient, path: str) -> None:
    """401 without an Api-Key header."""
    assert client.post(path, json={}).status_code == 401


def test_nearest_vectors_are_found(client: TestClient) -> None:
    """Cosine similarity: length doesn't matter, direction does."""
    vectors: list[dict[str, Any]] = [
        {"id": "same", "values": [5.0, 0.0, 0.0, 0.0], "metadata": {"page": "x"}},
        {"id": "half", "values": [1.0, 1.0, 0.0, 0.0]},
        {"id": "opposite", "values": [-1.0, 0.0, 0.0, 0.0]},
    ]
    assert upsert(client, vectors) == 200
    body = {"vector": AXIS, "topK": 2, "includeMetadata": True, "includeValues": True}
    found = client.post("/query", json=body, headers=KEY).json()["matches"]
    assert [match["id"] for match in found] == ["same", "half"]
    assert [match["score"] for match in found] == pytest.approx([1.0, 0.5**0.5])
    assert found[0]["metadata"] == {"page": "x"}
    assert found[0]["values"] == [5.0, 0.0, 0.0, 0.0]
    bare = client.post("/query", json={"id": "half", "topK": 1}, headers=KEY).json()["matches"]
    assert bare == [{"id": "half", "score": pytest.approx(1.0), "values": []}]


@pytest.mark.parametrize(
    "body",
    [
        {"vector": [1.0], "topK": 1},
        {"vector": AXIS},
        {"vector": AXIS, "topK": 0},
        {"vector": AXIS, "topK": 10_001},
        {"topK": 1},
        {"vector": AXIS, "id": "x", "topK": 1},
        {"vector": [0.0] * 4, "topK": 1},
        {"vector": ["a"] * 4, "topK": 1},
        {"vector": AXIS, "topK": 1, "filter": {"page": "x"}},
    ],
)
def test_bad_search_is_refused_as_pinecone_does(client: TestClient, body: dict[str, Any]) -> None:
    """400 with gRPC's code for an invalid argument and a message."""
    response = client.post("/query", json=body, headers=KEY)
    assert response.status_code == 400
    assert set(response.json()) == {"code", "message", "details"}
    assert response.json()["code"] == 3


def test_bad_vectors_are_refused_together(client: TestClient) -> None:
    """If one vector can't be stored, none is."""
    good: dict[str, Any] = {"id": "a", "values": AXIS}
    unnamed: dict[str, Any] = {"id": "", "values": AXIS}
    bads: list[dict[str, Any]] = [
        unnamed,
        {"id": "b", "values": [1.0]},
        {"id": "b", "values": [0.0] * 4},
    ]
    for bad in bads:
        assert upsert(client, [good, bad]) == 400
    assert upsert(client, []) == 400
    stats = client.post("/describe_index_stats", json={}, headers=KEY).json()
    assert stats["totalVectorCount"] == 0


def test_real_client_reads_writes_and_deletes(tmp_path: Path) -> None:
    """The pinecone package works on it, namespace by namespace."""
    running = Running(create_app(Settings(tmp_path, 4, 0)))
    index = Pinecone("key").index(host=running.server.url)
    index.upsert(vectors=[("a", AXIS), ("b", [0.0, 1.0, 0.0, 0.0])], namespace="one")
    index.upsert(vectors=[("a", AXIS)], namespace="two")
    index.upsert(vectors=[("c", AXIS)])
    stats = index.describe_index_stats()
    counts = {name: summary.vector_count for name, summary in stats.namespaces.items()}
    assert counts == {"one": 2, "two": 1, "__default__": 1}
    assert (stats.dimension, stats.total_vector_count) == (4, 4)
    assert list(index.fetch(ids=["b", "gone"], namespace="one").vectors) == ["b"]
    index.delete(ids=["b", "gone"], namespace="one")
    index.delete(delete_all=True, namespace="two")
    found = index.query(vector=AXIS, top_k=9, namespace="one").matches
    assert [match.id for match in found] == ["a"]
    assert index.query(vector=AXIS, top_k=9, namespace="two").matches == []
    with pytest.raises(PineconeError):
        index.delete(delete_all=True, namespace="two")
    with pytest.raises(PineconeError, match="dimension"):
        index.query(vector=[1.0], top_k=1)
    index.close()
    running.stop()


def test_vectors_outlive_a_restart(tmp_path: Path) -> None:
    """What was stored and deleted is so after the process starts again."""
    with TestClient(create_app(Settings(tmp_path, 4, 0))) as client:
        upsert(client, [{"id": name, "values": AXIS} for name in "abc"], "n")
        client.post("/vectors/delete", json={"ids": ["b"], "namespace": "n"}, headers=KEY)
    with TestClient(create_app(Settings(tmp_path, 4, 0))) as client:
        body = {"vector": AXIS, "topK": 9, "namespace": "n"}
        found = client.post("/query", json=body, headers=KEY).json()["matches"]
        assert [match["id"] for match in found] == ["a", "c"]
        assert client.get("/readyz").json()["dependencies"]["vectors"]["vectors"] == 2


def test_search_agrees_with_brute_force(tmp_path: Path) -> None:
    """The emulator finds what comparing with every vector, one by one, finds."""
    random = np.random.default_rng(7)
    vectors = random.normal(size=(700, 4)).astype(np.float32)
    wanted = random.normal(size=4).astype(np.float32)

    def cosine(row: int) -> float:
        a, b = vectors[row].tolist(), wanted.tolist()
        product = sum(x * y for x, y in zip(a, b, strict=True))
        lengths = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
        return float(product / lengths)

    expected = sorted(range(700), key=cosine, reverse=True)[:10]
    with TestClient(create_app(Settings(tmp_path, 4, 0))) as client:
        upsert(client, [{"id": str(n), "values": v.tolist()} for n, v in enumerate(vectors)])
        body = {"vector": wanted.tolist(), "topK": 10}
        found = client.post("/query", json=body, headers=KEY).json()["matches"]
    assert [int(match["id"]) for match in found] == expected
    assert [match["score"] for match in found] == pytest.approx(
        [cosine(n) for n in expected], abs=1e-5
    )


def test_oversized_request_is_refused(client: TestClient) -> None:
    """More than 4 MiB are not taken."""
    response = client.post("/vectors/upsert", content=b"x" * (4 * 1024 * 1024 + 1), headers=KEY)
    assert response.status_code == 413
