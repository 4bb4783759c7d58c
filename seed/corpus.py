"""Build the corpus from Python's documentation: `python -m seed.corpus --html DIR --out DIR`.

DIR is the html folder of Debian's python3.13-doc. Writes ``corpus.sqlite`` and ``embeddings.npy``,
whose row N belongs to the passage with rowid N + 1.
"""

import argparse
import hashlib
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rs_bpe.bpe import openai

from seed.embedding import DIMENSIONS, MODEL, Embedder
from seed.html import blocks
from seed.passages import Passage, passages

FOLDERS = ("library", "tutorial", "howto", "faq", "reference")
DATABASE = "corpus.sqlite"
EMBEDDINGS = "embeddings.npy"
BATCH = 1000
VERSION_NOTE = re.compile(r"^(Added|Changed|Deprecated) (in|since) version.*$", re.MULTILINE)
SCHEMA = """
CREATE TABLE passages (
    id TEXT PRIMARY KEY, page TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,
    text TEXT NOT NULL, tokens INTEGER NOT NULL
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def read(html: Path) -> Iterator[Passage]:
    """The passages of all pages, in the order of FOLDERS and then of the pages' names.

    Raises FileNotFoundError if one of the folders isn't there or has no page.
    """
    for folder in FOLDERS:
        pages = sorted((html / folder).rglob("*.html"), key=lambda page: page.as_posix())
        if not pages:
            raise FileNotFoundError(
                f"{html / folder} holds no html page; "
                "--html must be the html folder of the package python3.13-doc"
            )
        _progress(f"{folder}: {len(pages)} pages")
        for page in pages:
            name = page.relative_to(html).as_posix()
            yield from passages(name, blocks(page.read_text(encoding="utf-8")))


def content_hash(found: Sequence[Passage]) -> str:
    """SHA-256 over all passages in order: what they say, what of it is embedded, by which model."""
    digest = hashlib.sha256(MODEL.encode())
    for passage in found:
        for field in (*astuple(passage), embedded_text(passage)):
            digest.update(field.encode() + b"\0")
    return digest.hexdigest()


def embedded_text(passage: Passage) -> str:
    """Title and text without notes on versions: they say when, and the questions ask what."""
    return f"{passage.title}\n{VERSION_NOTE.sub('', passage.text)}"


def embed(found: Sequence[Passage]) -> NDArray[np.float32]:
    """Unit vectors of the passages' embedded texts, one row a passage."""
    embedder = Embedder()
    vectors = np.empty((len(found), DIMENSIONS), np.float32)
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        vectors[start : start + BATCH] = embedder.embed([embedded_text(p) for p in batch])
        _progress(f"embedded {start + len(batch)} of {len(found)} passages")
    return vectors


def write(found: Sequence[Passage], vectors: NDArray[np.float32], out: Path) -> None:
    """Write both files into ``out``, replacing older ones."""
    out.mkdir(parents=True, exist_ok=True)
    database = out / DATABASE
    database.unlink(missing_ok=True)
    count = openai.cl100k_base().count
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            ((p.id, p.page, p.title, p.url, p.text, count(p.text)) for p in found),
        )
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            (
                ("count", str(len(found))),
                ("hash", content_hash(found)),
                ("embedding", MODEL),
                ("dimensions", str(DIMENSIONS)),
            ),
        )
    np.save(out / EMBEDDINGS, vectors)


def build(html: Path, out: Path) -> int:
    """Read, embed and write; returns how many passages there are."""
    found = list(read(html))
    write(found, embed(found), out)
    _progress(f"{len(found)} passages in {out}, content {content_hash(found)[:12]}")
    return len(found)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 if ``--html`` isn't the documentation."""
    parser = argparse.ArgumentParser(prog="python -m seed.corpus", description=__doc__)
    parser.add_argument("--html", type=Path, required=True, help="html folder of python3.13-doc")
    parser.add_argument("--out", type=Path, required=True, help="where the two files go")
    arguments = parser.parse_args(argv)
    try:
        build(arguments.html, arguments.out)
    except FileNotFoundError as missing:
        _progress(str(missing))
        return 2
    return 0


def _progress(line: str) -> None:
    sys.stderr.write(f"corpus: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
