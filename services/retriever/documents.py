"""The document store: the passages' texts in SQLite, read only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from services.common.passages import Passage

DATABASE = "corpus.sqlite"
POOL_SIZE = 8

_metadata = MetaData()
_passages = Table(
    "passages",
    _metadata,
    Column("id", String, primary_key=True),
    Column("page", String),
    Column("title", String),
    Column("url", String),
    Column("text", String),
    Column("tokens", Integer),
)
_meta = Table("meta", _metadata, Column("key", String, primary_key=True), Column("value", String))


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
        query = {"mode": "ro", "immutable": "1", "uri": "true"}
        # Looked up when called: instrumentation replaces it after this module was imported.
        self._engine: Engine = sqlalchemy.create_engine(
            URL.create("sqlite", database=f"file:{database}", query=query),
            poolclass=QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",  # nothing is written, so there is nothing to roll back
            skip_autocommit_rollback=True,
            connect_args={"check_same_thread": False},
        )

    def corpus(self) -> Corpus:
        with self._engine.connect() as connection:
            rows = dict(connection.execute(select(_meta.c.key, _meta.c.value)).tuples().all())
        return Corpus(rows["hash"], int(rows["count"]))

    def load(self, scores: Sequence[tuple[str, float]]) -> list[Passage]:
        """The passages of some ids with the scores given, in the order given.

        One query for all of them. An id that isn't in the store is left out: the index may be of
        another version of the corpus.
        """
        columns = (_passages.c.id, _passages.c.title, _passages.c.url, _passages.c.text)
        wanted = select(*columns).where(_passages.c.id.in_([key for key, _ in scores]))
        with self._engine.connect() as connection:
            found = {row.id: row for row in connection.execute(wanted)}
        return [
            Passage(id=key, title=row.title, url=row.url, text=row.text, score=score)
            for key, score in scores
            if (row := found.get(key))
        ]

    def ids(self) -> list[str]:
        """All ids in the order of the embeddings' rows."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(_passages.c.id).order_by(text("rowid"))))

    def texts(self) -> Iterator[str]:
        """Title and text of every passage."""
        with self._engine.connect() as connection:
            for row in connection.execute(select(_passages.c.title, _passages.c.text)):
                yield f"{row.title}\n{row.text}"

    def close(self) -> None:
        self._engine.dispose()
