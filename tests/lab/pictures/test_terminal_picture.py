"""A command's output as a picture of a terminal."""

import re
from xml.etree import ElementTree

from lab.pictures.terminal_picture import svg

PRINTED = "\x1b[1;32m9 of 9 checks passed\x1b[0m\n<b> & more\n"


def shown(picture: str) -> str:
    """All text of an SVG that can be seen."""
    root = ElementTree.fromstring(picture)  # noqa: S314 - made right here
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    return "\n".join(texts).replace("\xa0", " ")


def test_the_command_and_what_it_printed_are_there() -> None:
    """As text, so that it can be found and read aloud."""
    text = shown(svg("invoke checklist", PRINTED, width=60))
    assert "invoke checklist" in text
    assert "9 of 9 checks passed" in text
    assert "<b> & more" in text
    assert "\x1b" not in text


def test_colours_are_kept() -> None:
    """Green stays green."""
    assert re.search(r"fill: #008000;\s*font-weight: bold", svg("invoke up", PRINTED, width=60))


def test_it_loads_nothing() -> None:
    """No address of another host but the name of SVG itself."""
    addresses = set(re.findall(r"https?://[^\"' )]+", svg("invoke up", PRINTED, width=60)))
    assert addresses == {"http://www.w3.org/2000/svg"}
