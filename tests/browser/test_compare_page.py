"""/trace/<a>...<b>: two traces laid over each other."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Serve
from tests.browser.literal_pages import quick_query, slow_query
from tests.browser.readable import assert_readable

pytestmark = pytest.mark.browser

QUICK_SLOW = f"/trace/{'b' * 32}...{'a' * 32}"


def cells(page: Page, place: str) -> list[str]:
    """A, B and B - A of a place."""
    row: Locator = page.get_by_role("row").filter(
        has=page.locator(".place").get_by_text(place, exact=True)
    )
    return row.first.get_by_role("cell").all_inner_texts()[:3]


def test_spans_of_the_same_place_stand_side_by_side(serve: Serve, open_page: OpenPage) -> None:
    """With the difference; a place that one of them lacks has none there."""
    pages = serve(quick_query(), slow_query())
    page = open_page(pages.url + QUICK_SLOW)
    expect(page.get_by_text("B is 4.00 s (1970 %) slower than A.")).to_be_visible()
    expect(page.locator(".outcome")).to_contain_text("openai.generate in generator")
    assert cells(page, "POST /query") == ["203 ms", "4.20 s", "+4.00 s"]
    assert cells(page, "retrieve") == ["182 ms", "182 ms", "0"]
    assert cells(page, "rerank") == ["none", "423 ms", "+423 ms"]


def test_only_what_differs_can_be_shown(serve: Serve, open_page: OpenPage) -> None:
    """By at least a hundredth of the longer trace."""
    pages = serve(quick_query(), slow_query())
    page = open_page(pages.url + QUICK_SLOW)
    page.get_by_label("only what differs").check()
    assert cells(page, "rerank") == ["none", "423 ms", "+423 ms"]
    expect(page.locator(".place").get_by_text("cache", exact=True)).to_have_count(0)


def test_a_trace_can_be_compared_from_its_page(serve: Serve, open_page: OpenPage) -> None:
    """By another's id, in any case of letters."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/trace/{'b' * 32}")
    page.get_by_label("Id of a trace to compare with").fill("A" * 32)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(f"**{QUICK_SLOW}")
    expect(page.get_by_role("heading", name="Two traces compared")).to_be_visible()


def test_ids_are_asked_for_where_they_are_missing(serve: Serve, open_page: OpenPage) -> None:
    """A wrong one is told."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/compare?a={'b' * 32}")
    page.get_by_label("Trace B").fill("no id")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_contain_text("Trace B needs an id")
    page.get_by_label("Trace B").fill("a" * 32)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(f"**{QUICK_SLOW}")


def test_the_one_that_is_not_there_is_named(serve: Serve, open_page: OpenPage) -> None:
    """The other is no help."""
    pages = serve(slow_query())
    page = open_page(pages.url + QUICK_SLOW)
    expect(page.get_by_role("heading", name="Jaeger has no trace A")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_it_is_readable(
    serve: Serve, open_page: OpenPage, width: int, height: int, dark: bool
) -> None:
    """On a laptop and on a phone, by day and by night."""
    pages = serve(quick_query(), slow_query())
    page = open_page(pages.url + QUICK_SLOW, width=width, height=height, dark=dark)
    expect(page.get_by_role("heading", name="Two traces compared")).to_be_visible()
    assert_readable(page)
