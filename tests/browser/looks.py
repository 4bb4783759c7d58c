"""What holds for every page: readable, and never wider than the window."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
WIDTH = "[document.documentElement.scrollWidth, innerWidth]"


def low_contrast(page: Page) -> list[str]:
    """The visible texts that WCAG's AA contrast rule rejects, each with its ratio."""
    found: Any = page.evaluate(CONTRAST)
    return [str(text) for text in found]


def fits(page: Page) -> bool:
    """Whether the page needs no scrolling to the side."""
    content, window = page.evaluate(WIDTH)
    return bool(content <= window)
