"""/search over a few literal traces: form, plot, list, and what there is to see without any."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Serve
from tests.browser.literal_pages import failed_query, quick_query, slow_query
from tests.browser.readable import assert_readable

pytestmark = pytest.mark.browser


def listed(page: Page) -> list[str]:
    """The durations in the list, from top to bottom."""
    expect(page.get_by_role("heading", name="trace")).to_be_visible()
    return page.locator(".trace-duration").all_inner_texts()


def asked(page: Page) -> dict[str, str]:
    """The query of the page's address."""
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_front_page_leads_to_the_search(serve: Serve, open_page: OpenPage) -> None:
    """With the gateway's newest traces of the last day, the newest first."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/")
    assert listed(page) == ["4.20 s", "203 ms"]
    assert urlsplit(page.url).path == "/search"
    expect(page.get_by_label("Service")).to_have_value("gateway")
    expect(page.get_by_text("All that match")).to_be_visible()


def test_the_form_writes_an_address_that_shows_the_same_again(
    serve: Serve, open_page: OpenPage
) -> None:
    """Under the names that Jaeger's own pages use; going back shows what was before."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    page.get_by_label("Tags").fill("user_id=u4217")
    page.get_by_label("Min duration").fill("2s")
    page.get_by_role("button", name="Find traces").click()
    page.wait_for_url("**/search?*")
    assert listed(page) == ["4.20 s"]
    assert asked(page) == {
        "service": "gateway",
        "tags": '{"user_id":"u4217"}',
        "minDuration": "2s",
        "lookback": "24h",
        "limit": "20",
    }
    again = open_page(page.url)
    assert listed(again) == ["4.20 s"]
    expect(again.get_by_label("Tags")).to_have_value("user_id=u4217")
    page.go_back()
    assert listed(page) == ["4.20 s", "203 ms"]


def test_a_list_that_may_not_be_all_says_so(serve: Serve, open_page: OpenPage) -> None:
    """Jaeger tells the newest up to the limit, and a slower one may be older."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/search?service=gateway&limit=1")
    assert listed(page) == ["4.20 s"]
    page.get_by_role("link", name="Ask for 5").click()
    page.wait_for_url("**limit=5*")
    assert listed(page) == ["4.20 s", "203 ms"]


def test_a_point_and_a_line_of_the_list_lead_to_the_trace(
    serve: Serve, open_page: OpenPage
) -> None:
    """The points for the pointer, the list for the keyboard too."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    points = page.locator("svg.plot a")
    expect(points).to_have_count(2)
    points.last.hover()
    expect(page.locator(".tip")).to_contain_text("4.20 s")
    points.last.click()
    page.wait_for_url(f"**/trace/{'a' * 32}")
    page.go_back()
    listed(page)
    page.locator(".trace-link").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/trace/{'a' * 32}")


def test_the_list_can_be_ordered(serve: Serve, open_page: OpenPage) -> None:
    """By time or by length."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    page.get_by_label("Order").select_option("Shortest first")
    assert listed(page) == ["203 ms", "4.20 s"]


def test_errors_and_torn_traces_are_marked(serve: Serve, open_page: OpenPage) -> None:
    """In the list and in the plot."""
    pages = serve(failed_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    expect(page.locator(".trace-item")).to_contain_text("1 error")
    expect(page.locator(".trace-item")).to_contain_text("spans without parent")
    expect(page.locator("circle.error")).to_have_count(1)


def test_a_trace_that_cannot_be_read_hides_no_other(serve: Serve, open_page: OpenPage) -> None:
    """It is told that one is missing."""
    pages = serve(quick_query(), slow_query())
    page = open_page("about:blank")

    def spoil(route: Route) -> None:
        told = route.fetch().json()
        told["data"][0]["processes"] = {}
        route.fulfill(json=told)

    page.route("**/api/traces?*", spoil)
    page.goto(f"{pages.url}/search")
    assert listed(page) == ["203 ms"]
    expect(page.get_by_text("1 trace can't be read")).to_be_visible()


def test_the_operations_are_those_of_the_service(serve: Serve, open_page: OpenPage) -> None:
    """None until they are there; a former service's that are late don't take their place."""
    pages = serve(quick_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    held: list[Route] = []
    page.route("**/services/retriever/operations", lambda route: held.append(route))
    operation = page.get_by_label("Operation")
    options = operation.locator("option")
    expect(options).not_to_have_text(["all"])
    page.get_by_label("Service").select_option("retriever")
    expect(options).to_have_text(["all"])
    page.get_by_label("Service").select_option("gateway")
    expect(operation).to_contain_text("POST /query")
    with page.expect_response("**/services/retriever/operations"):
        held[0].fulfill(json={"data": ["late"]})
    page.wait_for_timeout(100)
    expect(operation).to_contain_text("POST /query")


def test_a_range_of_time_left_alone_stays_the_same(serve: Serve, open_page: OpenPage) -> None:
    """To the microsecond, which its fields don't show; an edited one is as it is edited."""
    pages = serve(slow_query())
    given = {"start": "1700000000123456", "end": "1700000060654321"}
    address = f"{pages.url}/search?service=gateway&{urlencode(given)}"
    page = open_page(address)
    page.get_by_label("At most").fill("7")
    page.get_by_role("button", name="Find traces").click()
    page.wait_for_url("**limit=7*")
    assert {name: asked(page)[name] for name in given} == given
    page.get_by_label("Until").fill("2023-11-14T22:15:00")
    page.get_by_role("button", name="Find traces").click()
    page.wait_for_url("**end=1700000100000000*")
    assert asked(page)["start"] == given["start"]


def test_two_chosen_traces_are_compared(serve: Serve, open_page: OpenPage) -> None:
    """One is not enough."""
    pages = serve(quick_query(), slow_query())
    page = open_page(f"{pages.url}/search")
    listed(page)
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).check()
    expect(page.locator(".comparing button")).to_be_disabled()
    boxes.nth(1).check()
    page.locator(".comparing button").click()
    page.wait_for_url(re.compile(r"/trace/\w{32}\.\.\.\w{32}$"))


def test_a_mistake_is_told_where_it_is(serve: Serve, open_page: OpenPage) -> None:
    """Before Jaeger is asked; also if it came with the address."""
    pages = serve(slow_query())
    page = open_page(f"{pages.url}/search?service=gateway&minDuration=5")
    expect(page.get_by_role("alert")).to_contain_text("minDuration")
    expect(page.get_by_label("Min duration")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Min duration").fill("5ms")
    page.get_by_label("At most").fill("many")
    page.get_by_role("button", name="Find traces").click()
    expect(page.get_by_label("At most")).to_be_focused()
    assert pages.jaeger.searches == 0


def test_no_match_offers_a_wider_search(serve: Serve, open_page: OpenPage) -> None:
    """Each of its buttons takes one limit away."""
    pages = serve(quick_query())
    page = open_page(f"{pages.url}/search?service=gateway&minDuration=2s")
    expect(page.get_by_role("heading", name="No trace matches")).to_be_visible()
    page.get_by_role("link", name="Any duration").click()
    assert listed(page) == ["203 ms"]


def test_before_any_trace_the_page_says_how_to_get_one(serve: Serve, open_page: OpenPage) -> None:
    """A Jaeger without services is no error."""
    pages = serve()
    page = open_page(f"{pages.url}/search")
    expect(page.get_by_text("No trace has arrived yet")).to_be_visible()
    assert_readable(page)


def test_a_jaeger_that_is_ill_is_told_and_tried_again(
    serve: Serve, open_page: OpenPage, page_problems: list[str]
) -> None:
    """The button asks once more."""
    pages = serve(slow_query())
    pages.status = 503
    page = open_page(f"{pages.url}/search")
    expect(page.get_by_role("alert")).to_contain_text("Jaeger can't answer")
    pages.status = 200
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("main")).to_be_focused()
    assert listed(page) == ["4.20 s"]
    page_problems.clear()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_it_is_readable(
    serve: Serve, open_page: OpenPage, width: int, height: int, dark: bool
) -> None:
    """On a laptop and on a phone, by day and by night."""
    pages = serve(quick_query(), slow_query(), failed_query())
    page = open_page(f"{pages.url}/search", width=width, height=height, dark=dark)
    listed(page)
    page.get_by_role("checkbox").first.check()
    assert_readable(page)
