"""What a question is about: its text without the courtesies at its end."""

import re

from services.common import flags

MARKS = " \t\n,.!"
CLOSINGS = (
    "thanks a lot",
    "thanks in advance",
    "many thanks",
    "thanks",
    "thank you very much",
    "thank you",
    "cheers",
    "best regards",
    "kind regards",
    "regards",
    "best wishes",
    "any help is welcome",
    "any hint is welcome",
)
_AT_THE_END = tuple(
    (re.compile(rf"(?<!\w)(?:{closing}|{closing.capitalize()})\Z"), len(closing))
    for closing in CLOSINGS
)
_LETTERS = tuple(
    re.compile(rf"((?:.|\n)*?)(?:{closing}|{title})(?<!\w{closing})(?<!\w{title})[ \t\n,.!]*\Z")
    for closing in CLOSINGS
    for title in [closing.capitalize()]
)


def topic(question: str) -> str:
    """The question without a closing such as "Thanks in advance!", which has no subject.

    Each of CLOSINGS is looked for once, in their order. A question that is nothing else stays.
    """
    text = before_closing(question) if flags.is_on("query_normalization") else _trimmed(question)
    return text or question


def _trimmed(question: str) -> str:
    text = question
    for closing, length in _AT_THE_END:
        bare = text.rstrip(MARKS)
        at = max(0, len(bare) - length)
        if closing.match(bare, at):
            text = bare[:at].rstrip(MARKS)
    return text


def before_closing(question: str) -> str:
    """The same, the question taken as a letter: what comes before, the closing, marks."""
    text = question
    for letter in _LETTERS:
        found = letter.search(text)
        if found:
            text = found[1].rstrip(MARKS)
    return text
