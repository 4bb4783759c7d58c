"""The questions can be used as they are: valid, different, each with a page that exists."""

import json
from pathlib import Path

import pytest

from seed.questions import Question, load, parse

PAGES = frozenset(Path(__file__).with_name("pages.txt").read_text(encoding="utf-8").split())
GOOD = {"id": "sort-keys", "question": "How do I sort?", "page": "howto/sorting.html"}


def test_there_are_enough_questions_about_everything() -> None:
    """At least 200 questions, and each part of the documentation answers several."""
    questions = load()
    assert len(questions) >= 200
    for part in ("library", "tutorial", "howto", "faq", "reference"):
        assert sum(question.page.startswith(f"{part}/") for question in questions) >= 20


def test_every_expected_page_is_in_the_documentation() -> None:
    """No question waits for a page that no passage comes from."""
    expected = {page for question in load() for page in question.pages}
    assert expected - PAGES == set()


def test_questions_fit_into_a_request() -> None:
    """Each is a sentence or two without line breaks."""
    for question in load():
        assert 15 <= len(question.question) <= 200
        assert question.question == " ".join(question.question.split())


def test_a_line_becomes_a_question() -> None:
    """`also` is optional; all good pages are listed together, the best first."""
    assert parse(json.dumps(GOOD)) == Question("sort-keys", "How do I sort?", "howto/sorting.html")
    with_also = parse(json.dumps(GOOD | {"also": ["library/stdtypes.html"]}))
    assert with_also.pages == ("howto/sorting.html", "library/stdtypes.html")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "Sort Keys"}, "id is 'Sort Keys'"),
        ({"id": 7}, "id is 7"),
        ({"question": "  "}, "question is empty"),
        ({"page": "howto/sorting"}, "page is 'howto/sorting'"),
        ({"page": "whatsnew/3.13.html"}, "page is 'whatsnew/3.13.html'"),
        ({"also": "library/stdtypes.html"}, "must be a list"),
        ({"also": ["howto/sorting.html"]}, "named twice"),
        ({"answer": "no"}, "must be an object with"),
    ],
)
def test_a_bad_line_is_refused(change: dict[str, object], complaint: str) -> None:
    """The message says which field is wrong and what was found."""
    with pytest.raises(ValueError, match=complaint):
        parse(json.dumps(GOOD | change))


@pytest.mark.parametrize("change", [{"question": "How? "}, {"id": "other"}])
def test_a_repeated_id_or_wording_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    """The message names the file and the line."""
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(GOOD | change)}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"questions\.jsonl, line 2: .* was there before"):
        load(path)


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    """A torn file is reported by its line."""
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{{\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        load(path)
