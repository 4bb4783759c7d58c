"""A headless Chromium that loads nothing from elsewhere, and pages that must stay without error."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from lab.console import Steps
from lab.host import chromium
from lab.pictures import browser as headless
from lab.traces.spans import Trace
from tests.browser.tiny_pages import TinyPages, serving


class OpenPage(Protocol):
    """Opens an address in a page of its own, of that size in CSS pixels."""

    def __call__(
        self, url: str, width: int = 1200, height: int = 800, dark: bool = False
    ) -> Page: ...


class Serve(Protocol):
    """Serves the trace pages over these traces until the test's end."""

    def __call__(self, *traces: Trace) -> TinyPages: ...


# One a module: while it is open no test of the module can call `asyncio.run`.
@pytest.fixture(scope="module")
def browser(steps: Steps) -> Iterator[Browser]:
    """Debian's Chromium, installed where it is missing."""
    expect.set_options(timeout=headless.TIMEOUT_MS)
    with headless.opened(chromium.ensure(steps)) as opened:
        yield opened


@pytest.fixture
def page_problems() -> list[str]:
    """What went wrong on the test's pages: a test that provokes an error takes it out again."""
    return []


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves the trace pages. Ask for it before `open_page`: it has to outlive the pages."""
    with ExitStack() as stack:
        yield lambda *traces: stack.enter_context(serving(*traces))


@pytest.fixture
def open_page(browser: Browser, page_problems: list[str]) -> Iterator[OpenPage]:
    """Opens pages; afterwards fails the test if one logged an error or asked another host."""
    pages: list[Page] = []

    def opened(url: str, width: int = 1200, height: int = 800, dark: bool = False) -> Page:
        page = headless.new_page(browser, width=width, height=height, dark=dark)
        pages.append(page)
        headless.watch(page, page_problems)
        headless.go(page, url)
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert page_problems == []
