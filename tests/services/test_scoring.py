"""Reranking by alignment."""

import pytest

from services.common.passages import Passage
from services.retriever.scoring import GAP_EXTEND, GAP_OPEN, Rarity, alignment, score, words

TEXTS = ["sort a list", "sort a dictionary by value", "read a file", "open a file and read it"]


def passage(text: str, similarity: float = 0.5) -> Passage:
    """A passage without a title."""
    return Passage(id=text, title="", url="https://x", text=text, score=similarity)


def test_words_are_stems_and_parts_of_identifiers() -> None:
    """Plural and grammar don't matter, and names of code fall apart."""
    assert words("Sorting dictionaries") == ["sort", "dictionar"]
    assert words("functools.lru_cache(maxsize=128)") == [
        "functool", "lru", "cache", "maxsize", "128",
    ]  # fmt: skip


def test_rarer_words_weigh_more() -> None:
    """Inverse document frequency: never seen most, in all texts least, never below zero."""
    rarity = Rarity(TEXTS)
    assert rarity.of("unseen") > rarity.of("dictionary") > rarity.of("file") > rarity.of("a") >= 0


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("a b c", "a b c", 3.0),
        ("a b c", "x a b c y", 3.0),
        ("a b c", "a b x c", 3.0 - GAP_OPEN),
        ("a b c", "a x y c", 2.0 - 2 * GAP_OPEN - GAP_EXTEND),
        ("a b c", "x y z", 0.0),
        ("a b c", "", 0.0),
        ("", "a b c", 0.0),
    ],
)
def test_alignment_of_literal_words(question: str, text: str, expected: float) -> None:
    """The best run of matches, less what gaps cost. Every match counts one here."""
    asked = question.split()
    assert alignment(asked, [1.0] * len(asked), text.split()) == pytest.approx(expected)


def test_order_of_words_counts() -> None:
    """The same words in the question's order score higher than in another."""
    asked = ["sort", "dictionary", "by", "value"]
    weights = [1.0] * 4
    right = alignment(asked, weights, ["how", "to", "sort", "a", "dictionary", "by", "value"])
    wrong = alignment(asked, weights, ["value", "by", "dictionary", "a", "sort", "to", "how"])
    assert right > wrong


def test_best_passage_comes_first_with_a_score_from_0_to_1() -> None:
    """The alignment outweighs a small difference in similarity; equals keep their order."""
    rarity = Rarity(TEXTS)
    passages = [
        passage(TEXTS[2], 0.52),
        passage(TEXTS[1], 0.5),
        passage("x", 0.1),
        passage("y", 0.1),
    ]
    found = score("How do I sort a dictionary by value?", passages, rarity)
    assert [one.text for one in found] == [TEXTS[1], TEXTS[2], "x", "y"]
    assert all(0 <= one.score <= 1 for one in found)


def test_perfect_match_scores_one() -> None:
    """A passage that is the question, and as similar as can be, has the highest score."""
    found = score(TEXTS[1], [passage(TEXTS[1], 1.0)], Rarity(TEXTS))
    assert found[0].score == 1.0


def test_question_without_words_keeps_the_order() -> None:
    """Nothing to align is no error."""
    found = score("???", [passage("a", 0.2), passage("b", 0.4)], Rarity(TEXTS))
    assert [one.text for one in found] == ["b", "a"]
