"""Blocks are packed into passages that can be linked, embedded and quoted."""

import pytest

from seed.html import Block, Opening, Place
from seed.passages import MAX_WORDS, SCRAP_WORDS, passages, words

PAGE = "library/sample.html"
SECTION = Place("intro", ("sample — A sample", "Intro"))
NEXT = Place("more", ("sample — A sample", "More"))


def block(place: Place, length: int, opens: Opening = "") -> Block:
    """A block of so many words."""
    return Block(place, " ".join(["word"] * length), opens)


def lengths(*blocks: Block) -> list[int]:
    """The words of each passage that the blocks make."""
    return [words(passage.text) for passage in passages(PAGE, blocks)]


def test_ids_and_addresses_are_readable() -> None:
    """The id is page#anchor-n, the address leads to the anchor of the published documentation."""
    first, second = passages(PAGE, [block(SECTION, 150, "section"), block(SECTION, 150)])
    assert (first.id, second.id) == (
        "library/sample.html#intro-1",
        "library/sample.html#intro-2",
    )
    assert first.url == second.url == "https://docs.python.org/3.13/library/sample.html#intro"
    assert first.title == "sample — A sample > Intro"


def test_blocks_are_packed_up_to_the_limit() -> None:
    """A passage takes whole blocks as long as they fit."""
    found = lengths(block(SECTION, 100, "section"), block(SECTION, 80), block(SECTION, 30))
    assert found == [180, 30]


def test_a_section_begins_a_passage() -> None:
    """Two sections are never in one passage, however short."""
    assert lengths(block(SECTION, 6, "section"), block(NEXT, 7, "section")) == [6, 7]


@pytest.mark.parametrize(("before", "expected"), [(100, [140]), (120, [120, 40])])
def test_a_definition_begins_a_passage_where_enough_stands_before_it(
    before: int, expected: list[int]
) -> None:
    """Short definitions share a passage, but one isn't put at the end of a long passage."""
    definition = block(Place("sample.f", (*SECTION.headings, "sample.f")), 40, "definition")
    assert lengths(block(SECTION, before, "section"), definition) == expected


def test_a_scrap_joins_its_neighbour() -> None:
    """A few words are not left as a passage of their own, neither before nor after a long block."""
    assert lengths(block(SECTION, 5, "section"), block(SECTION, 178)) == [183]
    assert lengths(block(SECTION, 178, "section"), block(SECTION, 5)) == [183]


def test_nothing_is_said_in_less_than_five_words() -> None:
    """A section that says only since when it exists is no passage."""
    assert passages(PAGE, [Block(SECTION, "Added in version 3.1.", "section")]) == []


def test_a_long_paragraph_is_torn_between_words() -> None:
    """No passage is much longer than the limit, and no word is lost."""
    text = " ".join(f"w{number}" for number in range(1000))
    found = passages(PAGE, [Block(SECTION, text, "section")])
    assert " ".join(passage.text for passage in found) == text
    assert max(words(passage.text) for passage in found) <= MAX_WORDS + 2 * SCRAP_WORDS


def test_long_code_is_torn_between_lines() -> None:
    """Each line of code stays whole and keeps its indentation."""
    lines = [f"    x{number} = {number}" for number in range(300)]
    found = passages(PAGE, [Block(SECTION, "\n".join(lines), "section")])
    assert len(found) > 1
    assert [line for passage in found for line in passage.text.splitlines()] == lines


def test_the_title_is_what_all_blocks_stand_under() -> None:
    """A passage of one definition names it without its class twice; of several, their section."""
    method = Place("a.C.m", (*SECTION.headings, "a.C", "a.C.m"))
    other = Place("a.D", (*SECTION.headings, "a.D"))
    (one,) = passages(PAGE, [block(method, 10, "definition")])
    (both,) = passages(PAGE, [block(method, 10, "definition"), block(other, 10, "definition")])
    assert one.title == "sample — A sample > Intro > a.C.m"
    assert both.title == "sample — A sample > Intro"
