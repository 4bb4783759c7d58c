"""The retriever by itself: documents, errors of the index, readiness."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.common.env import Env, SettingsError
from services.common.passages import Passage
from services.providers.service import create_app as create_providers
from services.providers.settings import Settings as ProvidersSettings
from services.retriever.documents import Documents
from services.retriever.service import create_app
from services.retriever.settings import Settings
from tests.services.servers import Running, Server

ASKED = {"question": "How do I sort?", "user_id": "u1", "top_k": 2}


def test_passages_come_in_the_order_asked(corpus: Path) -> None:
    """Scores go with their ids; an id that isn't there is left out."""
    documents = Documents(corpus)
    wanted = [("library/csv.html#csv-1", 0.9), ("gone", 0.8), ("library/cache.html#cache-1", 0.7)]
    found = documents.load(wanted)
    assert [(one.id, one.score) for one in found] == [wanted[0], wanted[2]]
    assert found[0].title == "csv"
    assert found[0].url == "https://x/csv"
    assert documents.load([]) == []
    documents.close()


def test_ids_are_in_the_order_of_the_embeddings(corpus: Path) -> None:
    """Row N of the embeddings belongs to the passage with rowid N + 1."""
    documents = Documents(corpus)
    assert documents.ids()[:2] == ["library/sorting.html#sorting-1", "library/csv.html#csv-1"]
    assert documents.corpus().count == 6
    documents.close()


def test_missing_corpus_is_told(tmp_path: Path) -> None:
    """The message names the file and how it is made."""
    with pytest.raises(FileNotFoundError, match=r"corpus\.sqlite is missing.*seed\.corpus"):
        Documents(tmp_path)


def test_retrieve_finds_several_times_top_k(retriever_server: Server) -> None:
    """More candidates than asked for, best first, and which corpus they are of."""
    found = retriever_server.post("/retrieve", ASKED).json()
    scores = [one["score"] for one in found["passages"]]
    assert len(scores) == 6
    assert scores == sorted(scores, reverse=True)
    assert found["corpus"] == "0123456789abcdef" * 4
    assert set(found["timings_ms"]) == {"embed", "pinecone.query", "load_passages"}


def test_rerank_keeps_the_best(retriever_server: Server) -> None:
    """top_k passages, the one with the question's words first."""
    passages = [
        Passage(id=name, title="", url="https://x", text=text, score=0.5).model_dump()
        for name, text in [("a", "something else"), ("b", "how to sort a list"), ("c", "sort")]
    ]
    asked = {"question": "How do I sort a list?", "passages": passages, "top_k": 2}
    found = retriever_server.post("/rerank", asked).json()["passages"]
    assert [one["id"] for one in found] == ["b", "c"]


def test_index_that_is_away_is_a_bad_gateway(loaded: Settings) -> None:
    """A problem document says that it was the index, after a few tries."""
    settings = replace(loaded, pinecone_host="http://127.0.0.1:1")
    with TestClient(create_app(settings)) as client:
        response = client.post("/retrieve", json=ASKED)
        assert response.status_code == 502
        assert "vector index failed" in response.json()["detail"]
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["dependencies"]["index"]["ok"] is False
        assert ready.json()["dependencies"]["corpus"]["ok"] is True


def test_index_that_hangs_is_a_timeout(loaded: Settings) -> None:
    """504 once the index took longer than allowed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = replace(loaded, pinecone_host=host, pinecone_timeout_s=0.05)
        with TestClient(create_app(settings)) as client:
            response = client.post("/retrieve", json=ASKED)
    assert response.status_code == 504
    assert "took too long" in response.json()["detail"]


def test_empty_index_is_not_ready(corpus: Path, tmp_path: Path) -> None:
    """Readiness counts what is loaded against what there is, and says what to run."""
    empty = Running(create_providers(ProvidersSettings(tmp_path, latency_scale=0)))
    settings = Settings("key", empty.server.url, data_dir=corpus)
    with TestClient(create_app(settings)) as client:
        response = client.get("/readyz")
    empty.stop()
    assert response.status_code == 503
    index = response.json()["dependencies"]["index"]
    assert (index["ok"], index["passages"], index["expected"]) == (False, 0, 6)
    assert "services.retriever.load" in index["problem"]


@pytest.mark.parametrize(("top_k", "expected"), [(1, 20), (3, 20), (5, 30), (10, 60), (20, 120)])
def test_number_of_candidates(top_k: int, expected: int) -> None:
    """Six for each result wanted, from 20 to 120."""
    assert Settings("key").candidates(top_k) == expected


def test_settings_need_a_key() -> None:
    """Without PINECONE_API_KEY there is no start."""
    with pytest.raises(SettingsError, match="PINECONE_API_KEY is not set"):
        Settings.read(Env({}))
    with pytest.raises(SettingsError, match="PINECONE_HOST is 'providers'"):
        Settings.read(Env({"PINECONE_API_KEY": "key", "PINECONE_HOST": "providers"}))
