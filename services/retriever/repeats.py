"""Passages that say what another one has said already."""

from collections.abc import Sequence

from services.common import flags


def distinct(texts: Sequence[Sequence[str]]) -> list[int]:
    """Which texts don't consist of the same words as an earlier one: their places, in order."""
    if flags.is_on("passage_dedupe"):
        return compare_texts(texts)
    first: dict[frozenset[str], int] = {}
    for place, text in enumerate(texts):
        first.setdefault(frozenset(text), place)
    return list(first.values())


def compare_texts(texts: Sequence[Sequence[str]]) -> list[int]:
    """The same, each text held against all others."""
    kept: list[int] = []
    for place, mine in enumerate(texts):
        same = []
        for other, theirs in enumerate(texts):
            added = [word for word in mine if word not in theirs]
            missing = [word for word in theirs if word not in mine]
            if not added and not missing:
                same.append(other)
        if same[0] == place:
            kept.append(place)
    return kept
