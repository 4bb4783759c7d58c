"""The document store's tables and connections: a SQLite file that is taken to never change."""

from pathlib import Path

import sqlalchemy
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

POOL_TIMEOUT_S = 30.0

_metadata = MetaData()
passages = Table(
    "passages",
    _metadata,
    Column("id", String, primary_key=True),
    Column("page", String),
    Column("title", String),
    Column("url", String),
    Column("text", String),
    Column("tokens", Integer),
)
meta = Table("meta", _metadata, Column("key", String, primary_key=True), Column("value", String))


def pool(database: Path, size: int, timeout_s: float = POOL_TIMEOUT_S) -> Engine:
    """Connections to it, ``size`` at most; who gets none in time has sqlalchemy's TimeoutError."""
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    # Looked up when called: instrumentation replaces it after this module was imported.
    return sqlalchemy.create_engine(
        URL.create("sqlite", database=f"file:{database}", query=query),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=timeout_s,
        isolation_level="AUTOCOMMIT",  # nothing is written, so there is nothing to roll back
        skip_autocommit_rollback=True,
        connect_args={"check_same_thread": False},
    )
