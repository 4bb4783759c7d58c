"""A Sphinx page becomes a flat run of clean text blocks."""

from seed.html import Block, Place, blocks
from tests.seed.sphinx import BISECT, FOOT, HEAD, page

TITLE = "bisect — Array bisection"


def test_a_page_is_read_in_order_with_its_headings_and_ids() -> None:
    """Paragraphs, signatures, code, lists and tables each become a block in its place."""
    module = Place("module-bisect", (TITLE,))
    insort = Place("bisect.insort", (TITLE, "bisect.insort"))
    examples = Place("examples", (TITLE, "Examples"))
    assert blocks(BISECT) == (
        Block(module, "This module keeps a list in sorted order & is small.", opens="section"),
        Block(insort, "bisect.insort(a, x)", opens="definition"),
        Block(insort, "Insert x in a."),
        Block(insort, "Changed in version 3.10: Added key."),
        Block(module, "Note: Sort it first."),
        Block(module, "Always."),
        Block(examples, "Look up a grade:", opens="section"),
        Block(
            examples,
            "    >>> def grade(score):\n    ...     return 1\n\n    >>> grade(2)",
        ),
        Block(examples, "- first point"),
        Block(examples, "- second point"),
        Block(examples, "goes on"),
        Block(examples, "Name | Meaning"),
        Block(examples, "lo | where to start"),
    )


def test_navigation_and_link_marks_are_left_out() -> None:
    """Nothing of the page's frame, its table of contents or its link marks is in the text."""
    text = "\n".join(block.text for block in blocks(BISECT))
    for unwanted in ("¶", "Documentation", "Contents", "Copyright", "Source code", "4.2", "color"):
        assert unwanted not in text


def test_the_term_of_a_definition_list_without_an_id_keeps_the_section() -> None:
    """Only what can be linked to gets an anchor of its own."""
    html = (
        f'{HEAD}<section id="terms"><h1>Terms</h1><dl class="std option">'
        '<dt id="cmdoption-q">-q</dt><dd><p>quiet</p></dd></dl>'
        "<dl><dt>plain</dt><dd><p>said</p></dd></dl></section>" + FOOT
    )
    option, terms = Place("cmdoption-q", ("Terms", "-q")), Place("terms", ("Terms",))
    assert blocks(html) == (
        Block(option, "-q", opens="section"),
        Block(option, "quiet"),
        Block(terms, "plain"),
        Block(terms, "said"),
    )


def test_characters_and_entities_arrive_as_text() -> None:
    """Entities are resolved and characters beyond ASCII stay what they are."""
    (block,) = blocks(page("Names", "names", "&lt;Éléonore&gt; &amp; 景太郎"))
    assert block.text == "<Éléonore> & 景太郎"


def test_a_page_without_a_main_part_is_empty() -> None:
    """A redirect or an error page has nothing to say."""
    assert blocks("<html><body><p>moved</p></body></html>") == ()
