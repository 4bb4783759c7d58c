"""Blocks of a page packed into the passages that are embedded, searched and quoted."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from seed.html import Block

SITE = "https://docs.python.org/3.13/"
MAX_WORDS = 180
WORDS_BEFORE_DEFINITION = 110
SCRAP_WORDS = 20
MIN_WORDS = 5
TITLE_SEPARATOR = " > "


@dataclass(frozen=True)
class Passage:
    """A piece of one section. ``id`` is ``page#anchor-n``, n counting from 1 per anchor."""

    id: str
    page: str
    title: str
    url: str
    text: str


def passages(page: str, blocks: Iterable[Block], max_words: int = MAX_WORDS) -> list[Passage]:
    """Cut a page, e.g. ``library/bisect.html``, into passages of about ``max_words`` words.

    No passage crosses a section's border. A block that is too long by itself is torn, code between
    lines. A scrap of less than SCRAP_WORDS joins its neighbour, which may go over by as much on
    either side. What is left with less than MIN_WORDS, such as "Added in version 3.1.", is dropped.
    """
    counts: Counter[str] = Counter()
    cut = []
    for group in _joined(_groups(blocks, max_words)):
        text = "\n".join(block.text for block in group)
        if words(text) < MIN_WORDS:
            continue
        anchor = group[0].place.anchor
        counts[anchor] += 1
        cut.append(
            Passage(
                id=f"{page}#{anchor}-{counts[anchor]}",
                page=page,
                title=_title(group),
                url=f"{SITE}{page}#{anchor}",
                text=text,
            )
        )
    return cut


def words(text: str) -> int:
    """How many whitespace-separated words a text has."""
    return len(text.split())


def _groups(blocks: Iterable[Block], max_words: int) -> Iterator[list[Block]]:
    group: list[Block] = []
    size = 0
    for block in itertools.chain.from_iterable(_torn(block, max_words) for block in blocks):
        length = words(block.text)
        if group and (_begins_anew(block, size) or size + length > max_words):
            yield group
            group, size = [], 0
        group.append(block)
        size += length
    if group:
        yield group


def _joined(groups: Iterable[list[Block]]) -> Iterator[list[Block]]:
    """The groups, scraps joined to the neighbour in the same section."""
    last: list[Block] = []
    for group in groups:
        if last and group[0].opens != "section" and (_is_scrap(last) or _is_scrap(group)):
            last = last + group
            continue
        if last:
            yield last
        last = group
    if last:
        yield last


def _is_scrap(group: Sequence[Block]) -> bool:
    return sum(words(block.text) for block in group) < SCRAP_WORDS


def _begins_anew(block: Block, size: int) -> bool:
    """Sections always begin a passage, definitions where that leaves no scrap behind."""
    return block.opens == "section" or (
        block.opens == "definition" and size >= WORDS_BEFORE_DEFINITION
    )


def _torn(block: Block, max_words: int) -> Iterator[Block]:
    """The block itself, or pieces of it of at most ``max_words`` words, whole lines if possible."""
    if words(block.text) <= max_words:
        yield block
        return
    pieces = re.split(r"(?<=\n)" if "\n" in block.text else r"(?<= )", block.text)
    piece = ""
    for part in pieces:
        if piece and words(piece) + words(part) > max_words:
            yield replace(block, text=piece.rstrip())
            block, piece = replace(block, opens=""), ""
        piece += part
    yield replace(block, text=piece.rstrip())


def _title(group: Sequence[Block]) -> str:
    """The headings that all blocks of the passage stand under, the page's first."""
    shared = _common([block.place.headings for block in group])
    return TITLE_SEPARATOR.join(
        name
        for name, following in itertools.zip_longest(shared, shared[1:], fillvalue="")
        if not following.startswith(f"{name}.")
    )


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    levels = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in levels)
