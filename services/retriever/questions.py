"""What a question is about: its text without the courtesies at its end."""

import re

from services.common import flags

MARKS = " \t\n,.!"
CLOSINGS = (
    "thanks",
    "thanks in advance",
    "thank you",
    "cheers",
    "best regards",
    "kind regards",
    "any help is welcome",
)
_LETTERS = tuple(
    re.compile(rf"((?:.|\n)*?)(?:{closing}|{closing.capitalize()})[ \t\n,.!]*\Z")
    for closing in CLOSINGS
)


def topic(question: str) -> str:
    """The question without a closing such as "Thanks in advance!", which has no subject.

    Closings may follow each other in the order of CLOSINGS, the last one first. A question that
    is nothing else stays as it is.
    """
    text = before_closing(question) if flags.is_on("query_normalization") else _trimmed(question)
    return text or question


def _trimmed(question: str) -> str:
    text = question
    for closing in CLOSINGS:
        bare = text.rstrip(MARKS)
        if bare.endswith((closing, closing.capitalize())):
            text = bare[: -len(closing)].rstrip(MARKS)
    return text


def before_closing(question: str) -> str:
    """What comes before a closing, read as one would read a letter: a body, then the closing."""
    text = question
    for letter in _LETTERS:
        found = letter.search(text)
        if found:
            text = found[1].rstrip(MARKS)
    return text
