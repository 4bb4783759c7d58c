"""The questions that traffic draws from, each with the pages that answer it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

QUESTIONS = Path(__file__).with_name("questions.jsonl")
ID_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PAGE_PATTERN = re.compile(r"(library|tutorial|howto|faq|reference)/[\w.-]+\.html")
KEYS = ({"id", "question", "page"}, {"id", "question", "page", "also"})


@dataclass(frozen=True)
class Question:
    """``page`` is the best answer, e.g. ``library/itertools.html``; ``also`` are good ones too."""

    id: str
    question: str
    page: str
    also: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[str, ...]:
        return (self.page, *self.also)


def load(path: Path = QUESTIONS) -> tuple[Question, ...]:
    """All questions in the file's order.

    Raises ValueError, naming file and line, for a line that isn't a question, and for an id or a
    wording that was there before.
    """
    found: list[Question] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            question = parse(line)
            for name in (question.id, question.question.casefold()):
                if name in seen:
                    raise ValueError(f"{name!r} was there before")
                seen.add(name)
        except ValueError as wrong:
            raise ValueError(f"{path}, line {number}: {wrong}") from None
        found.append(question)
    return tuple(found)


def parse(line: str) -> Question:
    """One line of the file; raises ValueError that says what is wrong with it."""
    given = json.loads(line)
    if not isinstance(given, dict) or set(given) not in KEYS:
        raise ValueError("must be an object with id, question, page and perhaps also")
    also = given.get("also", [])
    if not isinstance(also, list):
        raise ValueError(f"also is {also!r}; it must be a list of pages")
    question = Question(given["id"], given["question"], given["page"], tuple(also))
    if not isinstance(question.id, str) or not ID_PATTERN.fullmatch(question.id):
        raise ValueError(f"id is {question.id!r}; it must be words of a-z and 0-9 joined by -")
    if not isinstance(question.question, str) or not question.question.strip():
        raise ValueError("the question is empty")
    for page in question.pages:
        if not isinstance(page, str) or not PAGE_PATTERN.fullmatch(page):
            raise ValueError(f"page is {page!r}; it must be like library/itertools.html")
    if len(set(question.pages)) < len(question.pages):
        raise ValueError("a page is named twice")
    return question
