"""Headless Chromium driven by Playwright, for the browser tests and the screenshots."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

from lab.host.chromium import ARGUMENTS

TIMEOUT_MS = 10_000
LOCAL_SCHEMES = frozenset({"about", "blob", "data", "file"})
LOOPBACK = "127.0.0.1"
# A network interface came or went, as with each container of anybody's that starts or stops.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
# Chromium breaks off requests when a network interface comes or goes: any container that starts.
INTERRUPTED = "net::ERR_NETWORK_CHANGED"


@contextmanager
def opened(executable: Path) -> Iterator[Browser]:
    """A headless browser while the block runs; nothing of it stays.

    Playwright keeps an event loop in the calling thread, so `asyncio.run` fails there meanwhile.
    """
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def new_page(
    browser: Browser, *, width: int = 1200, height: int = 800, dark: bool = False, scale: float = 1
) -> Page:
    """An empty page in a context of its own, of that many CSS pixels, without motion."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        device_scale_factor=scale,
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context.new_page()


def go(page: Page, url: str) -> None:
    """Open an address; once more if a change of the machine's networks broke it off."""
    try:
        page.goto(url)
    except Error as failed:
        if INTERRUPTED not in str(failed):
            raise
        page.goto(url)


def watch(page: Page, problems: list[str]) -> None:
    """Add to ``problems`` what goes wrong on the page from now on.

    That is: errors and warnings in its console, exceptions nobody caught, and every request to
    another host than 127.0.0.1. What the machine's own network changes break off isn't the page's.
    """

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and INTERRUPTED not in message.text:
            where = message.location.get("url", "")
            problems.append(f"console {message.type}: {message.text} ({where})")

    def on_request(request: Request) -> None:
        if not is_local(request.url):
            problems.append(f"request to another host: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error.message}"))
    page.on("request", on_request)


def is_local(url: str) -> bool:
    """Whether an address is on 127.0.0.1 or needs no network at all."""
    parts = urlsplit(url)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname == LOOPBACK
