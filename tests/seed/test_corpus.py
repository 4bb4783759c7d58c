"""The corpus is built from the documentation, always the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from seed.corpus import main
from tests.seed.sphinx import BISECT, page, write

PAGES = {
    "library/bisect.html": BISECT,
    "library/queue.html": page(
        "queue — A queue", "module-queue", "Threads exchange their items safely here."
    ),
    "tutorial/errors.html": page("Errors", "errors", "Exceptions are caught with an except."),
    "howto/sorting.html": page("Sorting", "sorting", "A list is sorted with a key function."),
    "faq/design.html": page("Design", "design", "Why does Python use indentation at all?"),
    "reference/import.html": page("Import", "import", "The import system finds and loads it."),
    "whatsnew/3.13.html": page("News", "news", "This folder is not part of the corpus."),
}


def build(tmp_path: Path, out: str = "data") -> Path:
    """The folder of a corpus built from the small documentation."""
    html = write(tmp_path / "html", PAGES)
    assert main(["--html", str(html), "--out", str(tmp_path / out)]) == 0
    return tmp_path / out


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    """What a query of the corpus gives."""
    with closing(sqlite3.connect(data / "corpus.sqlite")) as connection:
        return connection.execute(query).fetchall()


def test_every_folder_is_read_and_nothing_else(tmp_path: Path) -> None:
    """The passages come folder by folder, within a folder by the page's name."""
    found = rows(build(tmp_path), "SELECT DISTINCT page FROM passages ORDER BY rowid")
    assert [name for (name,) in found] == [
        "library/bisect.html",
        "library/queue.html",
        "tutorial/errors.html",
        "howto/sorting.html",
        "faq/design.html",
        "reference/import.html",
    ]


def test_a_passage_has_all_its_fields(tmp_path: Path) -> None:
    """Each row can be found, cited, linked and counted; tokens are cl100k's."""
    query = "SELECT * FROM passages WHERE page = 'library/queue.html'"
    assert rows(build(tmp_path), query) == [
        (
            "library/queue.html#module-queue-1",
            "library/queue.html",
            "queue — A queue",
            "https://docs.python.org/3.13/library/queue.html#module-queue",
            "Threads exchange their items safely here.",
            7,
        )
    ]


def test_the_count_is_recorded(tmp_path: Path) -> None:
    """The number of passages can be read without counting them."""
    data = build(tmp_path)
    ((count,),) = rows(data, "SELECT COUNT(*) FROM passages")
    assert rows(data, "SELECT value FROM meta WHERE key = 'count'") == [(str(count),)]


def test_embeddings_are_unit_vectors_in_the_order_of_the_rows(tmp_path: Path) -> None:
    """Row N of the matrix is nearest to the text of rowid N + 1."""
    from seed.embedding import Embedder

    data = build(tmp_path)
    vectors = np.load(data / "embeddings.npy")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    texts = [str(text) for (text,) in rows(data, "SELECT text FROM passages ORDER BY rowid")]
    nearest = np.argmax(Embedder().embed(texts) @ vectors.T, axis=1)
    assert nearest.tolist() == list(range(len(texts)))


def test_the_same_pages_make_the_same_corpus(tmp_path: Path) -> None:
    """Built twice, rows, hash and vectors are the same."""
    first, second = build(tmp_path, "first"), build(tmp_path, "second")
    for table in ("passages", "meta"):
        query = f"SELECT * FROM {table} ORDER BY rowid"  # noqa: S608 - the names stand above
        assert rows(first, query) == rows(second, query)
    vectors = [(data / "embeddings.npy").read_bytes() for data in (first, second)]
    assert vectors[0] == vectors[1]


def test_a_changed_word_changes_the_hash(tmp_path: Path) -> None:
    """The hash tells whether an index was made from this corpus."""
    query = "SELECT value FROM meta WHERE key = 'hash'"
    before = rows(build(tmp_path), query)
    changed = PAGES["library/queue.html"].replace("safely", "quickly")
    html = write(tmp_path / "html", {"library/queue.html": changed})
    assert main(["--html", str(html), "--out", str(tmp_path / "data")]) == 0
    assert rows(tmp_path / "data", query) != before


def test_a_folder_that_is_not_the_documentation_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use ends with exit code 2, says what is missing and writes nothing."""
    assert main(["--html", str(tmp_path), "--out", str(tmp_path / "data")]) == 2
    assert "python3.13-doc" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
