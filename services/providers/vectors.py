"""Vectors in memory, searched by cosine similarity, and kept in SQLite."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
FIRST_CAPACITY = 256
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS vectors (
    namespace TEXT, id TEXT, floats BLOB NOT NULL, metadata TEXT NOT NULL,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Vector:
    """``values`` is a float32 row."""

    id: str
    values: Floats
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Match:
    """A vector and its cosine similarity to the one asked for."""

    vector: Vector
    score: float


class Namespace:
    """The vectors of one namespace, as rows of a matrix that grows by doubling."""

    def __init__(self, dimensions: int) -> None:
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._metadata: list[dict[str, Any]] = []
        self._values: Floats = np.empty((FIRST_CAPACITY, dimensions), np.float32)
        self._lengths: Floats = np.empty(FIRST_CAPACITY, np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, vector: Vector) -> None:
        row = self._rows.setdefault(vector.id, len(self._ids))
        if row == len(self._ids):
            self._ids.append(vector.id)
            self._metadata.append(vector.metadata)
        if row == len(self._values):
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
            self._lengths = np.concatenate([self._lengths, np.empty_like(self._lengths)])
        self._metadata[row] = vector.metadata
        self._values[row] = vector.values
        self._lengths[row] = np.linalg.norm(vector.values)

    def get(self, key: str) -> Vector | None:
        row = self._rows.get(key)
        if row is None:
            return None
        return Vector(key, self._values[row].copy(), self._metadata[row])

    def search(self, wanted: Floats, top_k: int) -> list[Match]:
        """Best first; of equals, the one added first."""
        count = len(self._ids)
        if not count:
            return []
        products = self._values[:count] @ wanted
        scores = products / (self._lengths[:count] * np.linalg.norm(wanted))
        best = np.argsort(-scores, kind="stable")[:top_k]
        return [
            Match(Vector(self._ids[row], self._values[row].copy(), self._metadata[row]), score)
            for row, score in zip(best.tolist(), scores[best].tolist(), strict=True)
        ]

    def without(self, ids: Iterable[str]) -> "Namespace":
        """A namespace that holds all others."""
        gone = set(ids)
        kept = Namespace(self._values.shape[1])
        for key in self._ids:
            if key not in gone and (vector := self.get(key)):
                kept.put(vector)
        return kept


class VectorStore:
    """All namespaces of an index. Safe to use from several threads."""

    def __init__(self, data_dir: Path, dimensions: int) -> None:
        """Reads what was kept. Raises sqlite3.Error if ``data_dir`` can't be written."""
        self.dimensions = dimensions
        self._lock = threading.Lock()
        self._namespaces: dict[str, Namespace] = {}
        self._database = sqlite3.connect(data_dir / "vectors.sqlite", check_same_thread=False)
        self._database.executescript(SCHEMA)
        rows = self._database.execute("SELECT namespace, id, floats, metadata FROM vectors")
        for namespace, key, floats, metadata in rows:
            vector = Vector(key, np.frombuffer(floats, np.float32), json.loads(metadata))
            self._of(namespace).put(vector)

    def upsert(self, namespace: str, vectors: Sequence[Vector]) -> None:
        """Add or replace by id."""
        with self._lock, self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                ((namespace, v.id, v.values.tobytes(), json.dumps(v.metadata)) for v in vectors),
            )
            for vector in vectors:
                self._of(namespace).put(vector)

    def search(self, namespace: str, wanted: Floats, top_k: int) -> list[Match]:
        with self._lock:
            found = self._namespaces.get(namespace)
            return found.search(wanted, top_k) if found else []

    def fetch(self, namespace: str, ids: Sequence[str]) -> list[Vector]:
        """Those of ``ids`` that are there."""
        with self._lock:
            found = self._namespaces.get(namespace)
            return [vector for key in ids if found and (vector := found.get(key))]

    def delete(self, namespace: str, ids: Sequence[str]) -> None:
        with self._lock, self._database:
            self._database.executemany(
                "DELETE FROM vectors WHERE namespace = ? AND id = ?",
                ((namespace, key) for key in ids),
            )
            if found := self._namespaces.get(namespace):
                self._namespaces[namespace] = found.without(ids)

    def delete_all(self, namespace: str) -> bool:
        """Drop a namespace; False if there is none of that name."""
        with self._lock, self._database:
            self._database.execute("DELETE FROM vectors WHERE namespace = ?", (namespace,))
            return self._namespaces.pop(namespace, None) is not None

    def counts(self) -> dict[str, int]:
        """How many vectors each namespace holds."""
        with self._lock:
            return {name: len(found) for name, found in self._namespaces.items() if len(found)}

    def close(self) -> None:
        self._database.close()

    def _of(self, namespace: str) -> Namespace:
        return self._namespaces.setdefault(namespace, Namespace(self.dimensions))
