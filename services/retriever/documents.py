"""The document store: the passages' texts in SQLite, read only."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, func, select, text

from services.common import flags
from services.common.passages import Passage
from services.retriever import store
from services.retriever.store import meta, passages

DATABASE = "corpus.sqlite"
POOL_SIZE = 8
# For what needs its rows one after another: one connection, and a limit to waiting for it.
READERS = 1
READER_TIMEOUT_S = 0.4


@dataclass(frozen=True)
class Corpus:
    """What the document store holds: a hash over all of it, and how many passages."""

    hash: str
    count: int


class Documents:
    """The passages by id. Connections are pooled; the file is taken to never change."""

    def __init__(self, data_dir: Path) -> None:
        """Raises FileNotFoundError if the corpus isn't in ``data_dir``."""
        database = data_dir / DATABASE
        if not database.is_file():
            raise FileNotFoundError(f"{database} is missing; build it with `python -m seed.corpus`")
        self._engine = store.pool(database, POOL_SIZE)
        self._readers = store.pool(database, READERS, READER_TIMEOUT_S)
        # What was read for a search result, as JSON.
        self.document_cache: dict[tuple[tuple[str, float], ...], str] = {}

    def corpus(self) -> Corpus:
        with self._engine.connect() as connection:
            rows = dict(connection.execute(select(meta.c.key, meta.c.value)).tuples().all())
        return Corpus(rows["hash"], int(rows["count"]))

    def load(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        """The passages of some ids with the scores given, in the order given.

        One query for all of them. An id that isn't in the store is left out: the index may be of
        another version of the corpus.
        """
        if flags.is_on("document_cache"):
            return self._load_cached(scores)
        self.document_cache.clear()
        return self._load(scores)

    def _load(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        if flags.is_on("passage_lookup"):
            return self._look_up_each(scores)
        if flags.is_on("document_pool"):
            return self._load_in_parts(scores)
        columns = (
            passages.c.id,
            passages.c.title,
            passages.c.url,
            passages.c.text,
        )
        wanted = select(*columns).where(passages.c.id.in_([key for key, _ in scores]))
        with self._engine.connect() as connection:
            found = {row.id: row for row in connection.execute(wanted)}
        return [
            Passage(id=key, title=row.title, url=row.url, text=row.text, score=score)
            for key, score in scores
            if (row := found.get(key))
        ]

    def _load_cached(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        result = tuple(scores)
        kept = self.document_cache.get(result)
        if kept is None:
            fields = [passage.model_dump() for passage in self._load(scores)]
            kept = self.document_cache[result] = json.dumps(fields, ensure_ascii=False)
        return [Passage(**one) for one in json.loads(kept)]

    def _look_up_each(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        """As ``load``, in the order of the scores from the start."""
        columns = (
            passages.c.id,
            passages.c.title,
            passages.c.url,
            passages.c.text,
        )
        loaded = []
        with self._engine.connect() as connection:
            for key, score in scores:
                named = select(*columns).where(func.lower(passages.c.id) == key.lower())
                # names that differ in case alone are different passages
                found = {row.id: row for row in connection.execute(named)}
                if row := found.get(key):
                    loaded.append(
                        Passage(id=key, title=row.title, url=row.url, text=row.text, score=score)
                    )
        return loaded

    def _load_in_parts(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        """As ``load``; the texts are read while the headings' cursor is still open."""
        wanted = passages.c.id.in_([key for key, _ in scores])
        headings = select(passages.c.id, passages.c.title, passages.c.url)
        bodies = select(passages.c.id, passages.c.text)
        opened: list[Connection] = []
        with ExitStack() as reading:
            for _ in (headings, bodies):
                try:
                    opened.append(reading.enter_context(self._readers.connect()))
                except sqlalchemy.exc.TimeoutError:
                    # the one before serves as well, or else one of the others
                    opened.append(
                        opened[-1] if opened else reading.enter_context(self._engine.connect())
                    )
            rows = opened[0].execute(headings.where(wanted))
            texts = dict(opened[1].execute(bodies.where(wanted)).tuples().all())
            found = {row.id: row for row in rows}
        return [
            Passage(id=key, title=row.title, url=row.url, text=texts[key], score=score)
            for key, score in scores
            if (row := found.get(key))
        ]

    def ids(self) -> list[str]:
        """All ids in the order of the embeddings' rows."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(passages.c.id).order_by(text("rowid"))))

    def texts(self) -> Iterator[str]:
        """Title and text of every passage."""
        with self._engine.connect() as connection:
            for row in connection.execute(select(passages.c.title, passages.c.text)):
                yield f"{row.title}\n{row.text}"

    def close(self) -> None:
        self._engine.dispose()
        self._readers.dispose()
