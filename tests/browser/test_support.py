"""The browser tests' own tools: a page that does wrong is noticed."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

PAGES = {
    "/good": "<!doctype html><link rel=icon href='data:,'><h1>Good</h1>",
    "/logs": "<!doctype html><link rel=icon href='data:,'><script>console.error('broken')</script>",
    "/throws": "<!doctype html><link rel=icon href='data:,'><script>throw Error('lost')</script>",
    "/leaves": "<!doctype html><link rel=icon href='data:,'><img src='http://example.com/x.png'>",
}


class Handler(BaseHTTPRequestHandler):
    """Serves PAGES."""

    def do_GET(self) -> None:
        found = PAGES[self.path].encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A tiny site with one good page and some bad ones."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_good_page_leaves_no_problems(
    site: str, open_page: OpenPage, page_problems: list[str]
) -> None:
    """A page of the wanted size, in the wanted colour scheme, without a complaint."""
    page = open_page(f"{site}/good", width=390, height=844, dark=True)
    assert page.inner_text("h1") == "Good"
    assert page.evaluate("[innerWidth, innerHeight]") == [390, 844]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert page_problems == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/logs", "console error: broken"),
        ("/throws", "uncaught: lost"),
        ("/leaves", "request to another host: http://example.com/x.png"),
    ],
)
def test_what_goes_wrong_on_a_page_is_noticed(
    site: str, open_page: OpenPage, page_problems: list[str], path: str, problem: str
) -> None:
    """A logged error, an exception and a request to another host are each a problem."""
    page = open_page(site + path)
    page.wait_for_load_state("networkidle")
    assert any(problem in found for found in page_problems)
    page_problems.clear()


def test_another_thread_may_run_an_event_loop_meanwhile(site: str, open_page: OpenPage) -> None:
    """The lab's traffic, which needs a loop, can be sent while a browser is open."""
    open_page(f"{site}/good")

    async def one() -> int:
        return 1

    with ThreadPoolExecutor(1) as own:
        assert own.submit(lambda: asyncio.run(one())).result() == 1
