"""A page of the Sphinx documentation as a flat run of text blocks.

A block is what must not be torn apart without need: a paragraph, a signature, a code example, a
list item, a table row. Each knows the id it can be linked by and the headings it stands under.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

BODY = 'div[role="main"]'
DECORATION = "a.headerlink, span.section-number, nav, .toctree-wrapper, script, style, img, svg, hr"
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
NOTE_TITLE = "p.admonition-title"
CODE_INDENT = "    "
SOURCE_REFERENCE = "Source code:"
Opening = Literal["", "section", "definition"]


@dataclass(frozen=True)
class Place:
    """Where in the page a block stands: the nearest id, and the headings from the page's down."""

    anchor: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """One piece of clean text; ``opens`` tells what begins with it."""

    place: Place
    text: str
    opens: Opening = ""


def blocks(html: str) -> tuple[Block, ...]:
    """The text of a page's main part in reading order; empty if it has no main part.

    Navigation, link marks, tables of contents, pictures and references to source files are left
    out. Code keeps its lines, indented by four spaces.
    """
    body = LexborHTMLParser(html).css_first(BODY)
    if body is None:
        return ()
    for node in body.css(DECORATION):
        node.decompose()
    return tuple(block for block in _children(body, Place()) if block.text)


def inline(node: LexborNode) -> str:
    """The text of a node on one line."""
    return " ".join(node.text(deep=True).replace("¶", "").split())


def _children(node: LexborNode, place: Place) -> Iterator[Block]:
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            yield Block(place, inline(child))
        elif child.tag not in HEADINGS:
            yield from _block(child, place)


def _block(node: LexborNode, place: Place) -> Iterator[Block]:
    match node.tag:
        case "section":
            yield from _section(node, place)
        case "pre":
            yield Block(place, _code(node))
        case "dl":
            yield from _definitions(node, place)
        case "ul" | "ol":
            for item in node.iter():
                yield from _prefixed("- ", _children(item, place))
        case "table":
            yield from _rows(node, place)
        case "div" if "admonition" in _classes(node):
            yield from _note(node, place)
        case "div" | "blockquote" | "aside" | "figure" | "details":
            yield from _children(node, place)
        case _:
            text = inline(node)
            yield Block(place, "" if text.startswith(SOURCE_REFERENCE) else text)


def _section(node: LexborNode, place: Place) -> Iterator[Block]:
    heading = next((child for child in node.iter() if child.tag in HEADINGS), None)
    inner = Place(
        node.attributes.get("id") or place.anchor,
        (*place.headings, inline(heading)) if heading else place.headings,
    )
    yield from _opening(_children(node, inner))


def _note(node: LexborNode, place: Place) -> Iterator[Block]:
    """A note, a warning or the like, its kind put before its text."""
    title = node.css_first(NOTE_TITLE)
    kind = inline(title) if title else ""
    if title:
        title.decompose()
    yield from _prefixed(f"{kind}: " if kind else "", _children(node, place))


def _definitions(node: LexborNode, place: Place) -> Iterator[Block]:
    """The terms of a definition list, each with what is said of it."""
    inner = place
    for child in node.iter():
        if child.tag != "dt":
            yield from _children(child, inner)
        elif anchor := child.attributes.get("id"):
            inner = Place(anchor, (*place.headings, _name(child, anchor)))
            yield Block(inner, inline(child), opens="definition")
        else:
            inner = place
            yield Block(inner, inline(child))


def _name(term: LexborNode, anchor: str) -> str:
    """What a definition is called: its dotted name for Python's own, else the term itself."""
    return anchor if "py" in _classes(term) else inline(term)


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _rows(table: LexborNode, place: Place) -> Iterator[Block]:
    for row in table.css("tr"):
        cells = (inline(cell) for cell in row.iter() if cell.tag in {"th", "td"})
        yield Block(place, " | ".join(cells))


def _code(node: LexborNode) -> str:
    lines = node.text(deep=True).strip("\n").splitlines()
    return "\n".join(f"{CODE_INDENT}{line.rstrip()}" if line.strip() else "" for line in lines)


def _prefixed(prefix: str, run: Iterator[Block]) -> Iterator[Block]:
    """The run with ``prefix`` before its first text."""
    for block in run:
        if block.text:
            yield replace(block, text=prefix + block.text)
            break
    yield from run


def _opening(run: Iterator[Block]) -> Iterator[Block]:
    """The run with its first text marked as a section's opening."""
    for block in run:
        if block.text:
            yield replace(block, opens="section")
            break
    yield from run
