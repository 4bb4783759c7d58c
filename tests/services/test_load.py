"""Loading the corpus into the vector index."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.providers.service import create_app
from services.providers.settings import Settings as ProvidersSettings
from services.retriever import load
from services.retriever.index import VectorIndex
from services.retriever.settings import Settings
from tests.services.servers import Running

IDS = [f"p{number}" for number in range(1000)]
VECTORS = np.random.default_rng(1).normal(size=(1000, 256)).astype(np.float32)


@pytest.fixture
def settings(tmp_path: Path, corpus: Path) -> Iterator[Settings]:
    """An index of one's own, empty."""
    running = Running(create_app(ProvidersSettings(tmp_path, latency_scale=0)))
    yield Settings("key", running.server.url, data_dir=corpus)
    running.stop()


@pytest.fixture
def index(settings: Settings) -> Iterator[VectorIndex]:
    """The client of that index."""
    opened = VectorIndex(settings)
    yield opened
    opened.close()


def test_progress_goes_from_nothing_to_all(index: VectorIndex) -> None:
    """In batches, each told when it is there."""
    told: list[tuple[int, int]] = []
    load.load(index, IDS, VECTORS, "corpus-a", lambda done, total: told.append((done, total)))
    assert told == [(0, 1000), (400, 1000), (800, 1000), (1000, 1000)]
    assert index.counts() == {"corpus-a": 1000}


def test_loading_again_changes_nothing(index: VectorIndex) -> None:
    """What is there isn't sent again; a part that is missing is made good."""
    load.load(index, IDS, VECTORS, "corpus-a", lambda *_: None)
    told: list[tuple[int, int]] = []
    load.load(index, IDS, VECTORS, "corpus-a", lambda done, total: told.append((done, total)))
    assert told == [(1000, 1000)]


def test_load_that_was_cut_off_is_finished(index: VectorIndex) -> None:
    """Fewer vectors than the corpus has: all are sent, and are there once."""
    load.load(index, IDS[:500], VECTORS[:500], "corpus-a", lambda *_: None)
    load.load(index, IDS, VECTORS, "corpus-a", lambda *_: None)
    assert index.counts() == {"corpus-a": 1000}


def test_older_corpus_is_dropped_and_others_data_is_not(index: VectorIndex) -> None:
    """Another version of the corpus goes, a namespace that isn't ours stays."""
    for name in ("corpus-old", "someone-elses"):
        load.load(index, IDS[:3], VECTORS[:3], name, lambda *_: None)
        if name == "corpus-old":
            assert index.counts() == {"corpus-old": 3}
    load.load(index, IDS[:5], VECTORS[:5], "corpus-new", lambda *_: None)
    assert index.counts() == {"corpus-new": 5, "someone-elses": 3}


def test_vectors_survive_the_journey(index: VectorIndex) -> None:
    """Each vector finds itself."""
    load.load(index, IDS, VECTORS, "corpus-a", lambda *_: None)
    for row in (0, 399, 400, 999):
        best = index.query(VECTORS[row].tolist(), 1, "corpus-a")[0]
        assert best.id == IDS[row]
        assert best.score == pytest.approx(1, abs=1e-5)


def test_command_prints_json_lines(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m services.retriever.load` loads what DATA_DIR holds and ends with 0."""
    monkeypatch.setenv("PINECONE_API_KEY", "key")
    monkeypatch.setenv("PINECONE_HOST", str(settings.pinecone_host))
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    assert load.main() == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"done": 0, "total": 6}, {"done": 6, "total": 6}]


def test_index_that_is_away_ends_with_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says that the index can't be loaded."""
    away = replace(settings, pinecone_host="http://127.0.0.1:1")
    monkeypatch.setattr(Settings, "read", lambda _: away)
    assert load.main() == 1
    assert "can't be loaded" in capsys.readouterr().err
