"""How the ask page reads an answer: its scripts' functions, with literal input."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.gateway.page import WEB
from tests.browser.conftest import OpenPage
from tests.services.servers import Running

pytestmark = pytest.mark.browser

EMPTY = "<!doctype html><link rel=icon href='data:,'><title>Empty</title>"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The page's scripts beside an empty page."""
    empty = Route("/", lambda _: HTMLResponse(EMPTY))
    running = Running(Starlette(routes=[empty, Mount("/web", StaticFiles(directory=WEB))]))
    yield running.server.url
    running.stop()


@pytest.fixture
def page(site: str, open_page: OpenPage) -> Page:
    """An empty page that can import the scripts."""
    return open_page(site)


def call(page: Page, module: str, function: str, *arguments: Any) -> Any:
    """What a script's function returns."""
    code = f"async given => (await import('/web/{module}.js')).{function}(...given)"
    return page.evaluate(code, list(arguments))


def test_an_answer_is_cut_at_its_citations(page: Page) -> None:
    """Neighbours with the same source become one run; what follows the last has none."""
    assert call(page, "answer", "runs", "Sort it. [1] It is stable. [1] Or not. [2] Done.", 2) == [
        {"pieces": ["Sort it.", " It is stable."], "source": 1},
        {"pieces": [" Or not."], "source": 2},
        {"pieces": [" Done."], "source": 0},
    ]


def test_numbers_that_are_no_sources_stay_text(page: Page) -> None:
    """An index in a line of code, or a number beyond the last source."""
    assert call(page, "answer", "runs", "Take L[0] and [9]. [1]", 1) == [
        {"pieces": ["Take L[0] and [9]."], "source": 1},
    ]


def test_what_the_interpreter_shows_is_told_from_prose(page: Page) -> None:
    """A prompt begins code; what looks like a value after it is its output."""
    pieces = ["Look:", " >>> d = {1: 2}", " {1: 2}", " That is a dict."]
    assert call(page, "answer", "blocks", pieces) == [
        {"code": False, "text": "Look:"},
        {"code": True, "text": ">>> d = {1: 2}\n{1: 2}"},
        {"code": False, "text": " That is a dict."},
    ]


def test_stages_are_in_the_order_they_run_with_the_rest_at_the_end(page: Page) -> None:
    """Shares of the total; what no stage took is the gateway's."""
    timings = {"generate": 60, "cache": 5, "total": 100, "retrieve": 20, "rerank": 10}
    assert call(page, "facts", "stages", timings) == [
        {"name": "cache", "ms": 5, "share": 0.05},
        {"name": "retrieve", "ms": 20, "share": 0.2},
        {"name": "rerank", "ms": 10, "share": 0.1},
        {"name": "generate", "ms": 60, "share": 0.6},
        {"name": "gateway", "ms": 5, "share": 0.05},
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{'ab' * 16}-{'cd' * 8}-01", {"traceId": "ab" * 16, "sampled": True}),
        (f"00-{'ab' * 16}-{'cd' * 8}-03", {"traceId": "ab" * 16, "sampled": True}),
        (f"00-{'ab' * 16}-{'cd' * 8}-02", {"traceId": "ab" * 16, "sampled": False}),
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_sampling_decision_is_read_from_the_response(
    page: Page, header: str | None, expected: dict[str, Any] | None
) -> None:
    """The lowest bit of the flags, whatever the others say."""
    assert call(page, "trace", "parseTraceresponse", header) == expected


def test_a_traces_addresses_follow_the_settings(page: Page) -> None:
    """Jaeger takes the whole id, Datadog's test agent its lower half as a number."""
    templates = {"traceUrl": "http://a/trace/{trace_id}", "datadogUrl": "http://b/{datadog_id}"}
    assert call(page, "trace", "addresses", "4bf92f3577b34da6a3ce929d0e0e4736", templates) == {
        "jaeger": "http://a/trace/4bf92f3577b34da6a3ce929d0e0e4736",
        "datadog": "http://b/11803532876627986230",
    }


def test_durations_read_well(page: Page) -> None:
    """As many digits as help."""
    assert [call(page, "dom", "duration", ms) for ms in (0.26, 9.96, 23.4, 999.4, 2281)] == [
        "0.3 ms",
        "10.0 ms",
        "23 ms",
        "999 ms",
        "2.28 s",
    ]
