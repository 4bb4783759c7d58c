"""The same request with half and with double the work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_QUESTION_CHARS = 4000
MAX_TOP_K = 20
DEFAULT_TOP_K = 5
TOP_K = "top_k"
QUESTION = "question length"


@dataclass(frozen=True)
class Variant:
    """A request's body with ``work`` times as much of one kind of work."""

    kind: str
    work: float
    body: Mapping[str, Any]

    @property
    def is_passages(self) -> bool:
        return self.kind == TOP_K


def halved(body: Mapping[str, Any]) -> Iterator[Variant]:
    """With half the ``top_k``, and with the first half of the question's words."""
    top_k, words = _top_k(body), str(body["question"]).split()
    if top_k > 1:
        yield Variant(TOP_K, (top_k // 2) / top_k, {**body, "top_k": top_k // 2})
    if len(words) > 1:
        kept = words[: len(words) // 2]
        yield _asking(body, kept, len(words))


def doubled(body: Mapping[str, Any]) -> Iterator[Variant]:
    """With double the ``top_k``, and with the question asked twice, as far as is allowed."""
    top_k, words = _top_k(body), str(body["question"]).split()
    more = min(2 * top_k, MAX_TOP_K)
    if more > top_k:
        yield Variant(TOP_K, more / top_k, {**body, "top_k": more})
    twice = _fitting([*words, *words])
    if len(twice) > len(words):
        yield _asking(body, twice, len(words))


def _asking(body: Mapping[str, Any], words: list[str], of: int) -> Variant:
    return Variant(QUESTION, len(words) / of, {**body, "question": " ".join(words)})


def _fitting(words: list[str]) -> list[str]:
    length = -1
    for number, word in enumerate(words):
        length += 1 + len(word)
        if length > MAX_QUESTION_CHARS:
            return words[:number]
    return words


def _top_k(body: Mapping[str, Any]) -> int:
    return int(body.get("top_k", DEFAULT_TOP_K))
