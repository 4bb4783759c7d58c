"""Small pieces of HTML: text is escaped here, once."""

import re
from collections.abc import Iterable
from html import escape

from lab.duration import milliseconds

CODE = re.compile(r"`([^`]+)`")
SECONDS_FROM_MS = 999.5


def prose(text: str) -> str:
    """A sentence as HTML, with `code` in it."""
    return CODE.sub(r"<code>\1</code>", escape(text))


def bullets(lines: Iterable[str], *, otherwise: str) -> str:
    """Sentences as a list; ``otherwise`` stands where there are none."""
    found = "".join(f"<li>{prose(line)}</li>" for line in lines)
    return f"<ul>{found}</ul>" if found else f'<p class="muted">{escape(otherwise)}</p>'


def link(url: str, text: str) -> str:
    """A link with a text."""
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def ms(value: float) -> str:
    """Milliseconds to read, as the waterfall has them: `4.20 s`, `182 ms`, `15.2 ms`, `0 ms`."""
    if value >= SECONDS_FROM_MS:
        return f"{value / 1000:.2f} s"
    return f"{milliseconds(value)} ms" if value else "0 ms"
