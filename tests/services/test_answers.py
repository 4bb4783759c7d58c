"""Answers made without a model."""

from services.common import tokens
from services.providers.answers import NOTHING_FOUND, compose, rank, sentences, split

CONTEXT = """[1] Sorting
Use sorted() with a key function to sort by value. Sorting is always stable in Python.
[2] Files
Use open() to read a file in lines. A file is closed at the end of with.

"""
LONG = "".join(
    f"[{n}] Topic {n}\nThis is sentence one of passage {n} about sorting. "
    f"Another sentence of passage {n} tells about values and keys.\n"
    for n in range(1, 60)
)


def test_answer_quotes_what_fits_the_question() -> None:
    """The sentence that shares the question's rare words is in it, with its passage's number."""
    answer = compose(f"{CONTEXT}Question: How do I sort by value?", 30)
    assert "sort by value. [1]" in answer.text
    assert "open()" not in answer.text


def test_answer_is_always_the_same() -> None:
    """Nothing random is in it."""
    prompt = f"{LONG}Question: How do values and keys sort?"
    assert compose(prompt, 200) == compose(prompt, 200)


def test_answer_is_cut_at_the_limit() -> None:
    """The limit counts tokens, and it is told that it ended the answer."""
    answer = compose(f"{LONG}Question: {'How do I sort by values? ' * 40}", 100)
    assert answer.is_cut
    assert answer.tokens == tokens.count(answer.text) == 100


def test_short_answer_ends_by_itself() -> None:
    """Without a need for more, the limit isn't reached."""
    answer = compose(f"{CONTEXT}Question: How do I sort by value?", 420)
    assert not answer.is_cut
    assert answer.tokens < 120


def test_longer_prompts_get_longer_answers() -> None:
    """Both the question's and the context's length matter."""
    short = compose(f"{LONG[:2000]}Question: How do values sort?", 4000)
    more_context = compose(f"{LONG}Question: How do values sort?", 4000)
    more_question = compose(f"{LONG}Question: {'How do values sort? ' * 30}", 4000)
    assert short.tokens < more_context.tokens < more_question.tokens


def test_nothing_to_answer_from() -> None:
    """An empty context has a fixed answer."""
    assert compose("Question: Why?", 100).text == NOTHING_FOUND
    assert compose("", 100).text == NOTHING_FOUND


def test_question_is_what_follows_the_last_marker() -> None:
    """A passage may speak of questions; without a marker the last line is the question."""
    assert split("a\nQuestion: b?\nc\nQuestion: d?") == ("d?", "a\nQuestion: b?\nc\n")
    assert split("some text\nWhy?") == ("Why?", "some text")


def test_sentences_know_their_passage() -> None:
    """Titles and scraps of fewer than four words are left out."""
    found = sentences(CONTEXT)
    assert [(one.block, one.text.split()[0]) for one in found] == [
        (1, "Use"), (1, "Sorting"), (2, "Use"), (2, "A"),
    ]  # fmt: skip


def test_rare_shared_words_rank_first() -> None:
    """A word of every sentence counts less than one of a single sentence."""
    found = sentences("Use this for a file. Use this for a socket. Use this for a thread.")
    assert rank("Use a socket", found)[0].text == "Use this for a socket."
