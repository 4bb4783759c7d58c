"""Retrieval is judged by where the first right page stands."""

from pathlib import Path

import numpy as np
import pytest

from seed.corpus import build
from seed.evaluate import main, measure, quality, search
from seed.questions import Question
from tests.seed.sphinx import page, write

SORT = Question("sort", "How do I sort?", "howto/sorting.html", ("library/stdtypes.html",))
QUEUE = Question("queue", "Which queue?", "library/queue.html")
WRONG = "faq/gui.html"


def test_a_hit_is_any_of_the_questions_pages() -> None:
    """A page listed under `also` counts as much as the best one."""
    measured = quality([SORT, QUEUE], [["library/stdtypes.html"], [WRONG, "library/queue.html"]])
    assert (measured.hit_at_1, measured.hit_at_5, measured.mrr) == (0.5, 1.0, 0.75)
    assert measured.missed == ()


def test_a_page_after_the_fifth_is_missed_but_counts_in_the_mean_rank() -> None:
    """hit@5 looks at five passages only, MRR at all that were found."""
    measured = quality([QUEUE], [[WRONG] * 9 + ["library/queue.html"]])
    assert (measured.hit_at_5, measured.mrr, measured.missed) == (0.0, 0.1, ("queue",))


def test_a_question_without_its_page_counts_nothing() -> None:
    """Nothing found is a rank of its own."""
    measured = quality([SORT, QUEUE], [["howto/sorting.html"], [WRONG]])
    assert (measured.hit_at_1, measured.mrr, measured.missed) == (0.5, 0.5, ("queue",))


def test_search_returns_the_nearest_rows_first() -> None:
    """Nearness is the cosine of unit vectors; equal ones stay in the corpus's order."""
    vectors = np.array([[0, 1], [1, 0], [0.6, 0.8], [1, 0]], np.float32)
    found = search(vectors, np.array([[1, 0], [0, 1]], np.float32), 3)
    assert [[row for row, _ in best] for best in found] == [[1, 3, 2], [0, 2, 1]]
    assert found[0][2][1] == pytest.approx(0.6)


DOCUMENTATION = {
    "library/queue.html": page("queue", "queue", "A queue hands items from thread to thread."),
    "tutorial/errors.html": page(
        "Errors", "errors", "Exceptions are caught with an except clause."
    ),
    "howto/sorting.html": page("Sorting", "sorting", "A list is sorted by sort with a key."),
    "faq/gui.html": page("GUI", "gui", "Which toolkit draws the windows of a program?"),
    "reference/import.html": page("Import", "import", "The import system finds and loads modules."),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The corpus of five small pages."""
    build(write(tmp_path / "html", DOCUMENTATION), tmp_path / "data")
    return tmp_path / "data"


def test_both_ways_are_measured_on_a_built_corpus(data: Path) -> None:
    """Vector search and reranking each find the page that speaks of the matter."""
    asked = [
        Question("sort", "How is a list sorted?", "howto/sorting.html"),
        Question("queue", "How do threads hand over items?", "library/queue.html"),
    ]
    searched, reranked = measure(data, asked)
    assert (searched.hit_at_1, reranked.hit_at_1) == (1.0, 1.0)


def test_a_question_about_a_page_that_is_not_there_is_an_error(data: Path) -> None:
    """Questions and corpus that don't fit each other aren't measured."""
    with pytest.raises(ValueError, match=r"'lost' names library/lost\.html"):
        measure(data, [Question("lost", "Where is it?", "library/lost.html")])


def test_without_a_corpus_the_command_says_how_to_build_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use ends with exit code 2 and the next step."""
    assert main(["--data", str(tmp_path)]) == 2
    assert "python -m seed.corpus" in capsys.readouterr().err
