"""What every page of traces holds to, in one assertion."""

from playwright.sync_api import Page

from tests.browser.looks import fits, low_contrast

NAMELESS = """() => [...document.querySelectorAll("a, button, input, select, [role=slider]")]
  .filter(one => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
  .filter(one => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
  .map(one => one.outerHTML.slice(0, 80))"""


def assert_readable(page: Page) -> None:
    """All texts have enough contrast, all controls a name, and nothing juts out."""
    found = {"low contrast": low_contrast(page), "without a name": page.evaluate(NAMELESS)}
    assert not any(found.values()), found
    assert fits(page), f"{page.url} is wider than its window"
