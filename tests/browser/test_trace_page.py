"""/trace/<id> over literal traces: by pointer and by keyboard, large, broken, absent."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.traces.spans import Trace
from tests.browser.conftest import OpenPage, Serve
from tests.browser.literal_pages import (
    failed_query,
    large_trace,
    quick_query,
    recent,
    slow_query,
)
from tests.browser.readable import assert_readable
from tests.lab.trace_literals import span, trace

pytestmark = pytest.mark.browser

SLOW, QUICK, FAILED, LARGE = ("/trace/" + letter * 32 for letter in "abcd")
SHOWN_AT_MOST = 80


def rows(page: Page) -> list[str]:
    """The names of the spans that have a row, from top to bottom."""
    return page.locator("[data-span] .wf-title").all_inner_texts()


def row(page: Page, name: str) -> Locator:
    """The row of the first span of that name."""
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True)).first


def panel(page: Page) -> Locator:
    """The details of the chosen span."""
    return page.get_by_role("complementary", name="Chosen span")


def kept(page: Page) -> dict[str, str]:
    """What the page's address remembers, or will in a moment: as it does when it is left."""
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def grid(page: Page) -> Locator:
    """The waterfall, ready for keys."""
    found = page.get_by_role("treegrid", name="Spans")
    found.focus()
    return found


def test_it_tells_where_the_time_went(serve: Serve, open_page: OpenPage) -> None:
    """Stages, the span waited for longest with its client calls, and how to learn why."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("gateway: POST /query")
    stages = page.locator(".stage").all_inner_texts()
    assert [text.split("\n")[:2] for text in map(str.strip, stages)] == [
        ["retrieve", "182 ms"],
        ["rerank", "423 ms"],
        ["generate", "3.57 s"],
        ["cache", "15.0 ms"],
    ]
    slowest = page.get_by_role("region", name="Slowest span")
    expect(slowest).to_contain_text("openai.generate in generator: 3.56 s, 85 % of the whole")
    expect(slowest).to_contain_text(f"invoke profile --trace-id {'a' * 32}")
    slowest.get_by_role("button", name="openai.generate").click()
    expect(panel(page).get_by_role("heading")).to_have_text("openai.generate")


def test_bars_are_solid_where_the_request_waited_for_the_span_itself(
    serve: Serve, open_page: OpenPage
) -> None:
    """The pale part is what it spent in spans below."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    bar = row(page, "openai.generate").locator(".wf-bar")
    solid = row(page, "openai.generate").locator(".wf-critical")
    expect(solid).to_have_count(2)
    widths = [one.bounding_box() for one in (*solid.all(), bar)]
    first, last, whole = (box["width"] if box else 0 for box in widths)
    assert first + last < 0.1 * whole
    colours = {
        row(page, name)
        .locator(".wf-critical")
        .last.evaluate("one => getComputedStyle(one).backgroundColor")
        for name in ("cache", "score", "openai.generate")
    }
    assert len(colours) == 3, "each service has a colour of its own"


def test_thousands_of_short_calls_leave_their_caller_pale(
    serve: Serve, open_page: OpenPage
) -> None:
    """What is solid is as long as the caller's own time, in a bounded number of pieces."""
    reads = [span(f"{n:04}", "r", n * 1000, n * 1000 + 900, name="read") for n in range(1_999)]
    pages = serve(recent(trace(span("r", None, 0, 2_000_000, name="loop"), *reads), "a" * 32))
    page = open_page(pages.url + SLOW)
    solid = row(page, "loop").locator(".wf-critical")
    expect(solid.first).to_be_attached()
    whole, *widths = (
        box["width"]
        for one in (row(page, "loop").locator(".wf-bar"), *solid.all())
        if (box := one.bounding_box())
    )
    assert len(widths) <= 150
    assert sum(widths) / whole == pytest.approx(0.1, abs=0.02)
    read = row(page, "read").locator(".wf-critical").bounding_box()
    assert read
    assert read["width"] == pytest.approx(2, abs=0.1), "a span that can hardly be seen is solid"


def test_a_collapsed_span_hides_what_is_below_and_shows_its_time(
    serve: Serve, open_page: OpenPage
) -> None:
    """By its triangle, and all at once."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    generate = row(page, "generate")
    solid = generate.locator(".wf-critical")
    expect(solid).to_have_count(2)
    generate.locator(".wf-twist").click()
    assert "openai.generate" not in rows(page)
    expect(generate).to_have_attribute("aria-expanded", "false")
    expect(generate).to_contain_text("+2")
    expect(solid).to_have_count(1)
    page.get_by_role("button", name="Collapse all").click()
    assert rows(page) == ["POST /query", "retrieve", "rerank", "generate", "cache"]
    page.get_by_role("button", name="Expand all").click()
    assert len(rows(page)) == 11


def test_a_choice_that_is_collapsed_away_goes_to_what_hides_it(
    serve: Serve, open_page: OpenPage
) -> None:
    """And the keys go on from there."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    row(page, "openai.generate").click()
    page.get_by_role("button", name="Collapse all").click()
    expect(page.get_by_role("row", selected=True)).to_contain_text("generate")
    expect(panel(page).get_by_role("heading")).to_have_text("generate")
    grid(page).press("ArrowDown")
    expect(page.get_by_role("row", selected=True)).to_contain_text("cache")


def test_it_can_be_walked_by_keys_alone(serve: Serve, open_page: OpenPage) -> None:
    """Down, into the details and back, close, zoom in and out; the address keeps it."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    keys = grid(page)
    for key in ("ArrowDown", "ArrowDown"):
        keys.press(key)
    expect(page.get_by_role("row", selected=True)).to_contain_text("retrieve")
    active = keys.get_attribute("aria-activedescendant")
    assert active
    expect(page.locator(f"#{active}")).to_contain_text("retrieve")
    keys.press("ArrowLeft")
    assert "pinecone.query" not in rows(page)
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(panel(page).get_by_role("heading")).to_be_focused()
    assert kept(page) == {"span": "02".zfill(16)}
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(keys).to_be_focused()
    keys.press("z")
    start, end = map(float, kept(page)["range"].split("-"))
    assert start == 0
    assert end == pytest.approx(0.045, abs=0.005)
    keys.press("0")
    assert kept(page) == {}


def test_details_hold_all_that_is_known(serve: Serve, open_page: OpenPage) -> None:
    """Times, attributes, events, resource; what looks like markup is text."""
    pages = serve(failed_query())
    page = open_page(pages.url + FAILED)
    expect(page.get_by_text("Without their parent")).to_contain_text("lost (generator)")
    expect(page.locator(".facts")).to_contain_text("1 span with an error")
    row(page, "SELECT passages").click()
    told = panel(page)
    expect(told).to_contain_text("⚠ database is locked")
    for text in (
        "Self time",
        "10.0 ms",
        "<b>not</b> markup",
        "after 9.00 ms",
        "exception.type",
    ):
        expect(told).to_contain_text(text)
    stack = told.get_by_text("at f at g").bounding_box()
    assert stack
    assert stack["height"] > 1.5 * 18, "a stack trace has its lines"
    told.get_by_text("Resource (2)").click()
    expect(told).to_contain_text("process.pid")
    alike = told.get_by_role("link", name="Search for http.response.status_code=500")
    alike.click()
    page.wait_for_url("**/search?*")
    assert kept(page)["tags"] == '{"http.response.status_code":"500"}'


def test_a_search_within_marks_steps_and_opens(serve: Serve, open_page: OpenPage) -> None:
    """Names, services, attributes and events are looked through; the address keeps the text."""
    pages = serve(failed_query())
    page = open_page(pages.url + FAILED)
    page.get_by_role("button", name="Collapse all").click()
    within = page.get_by_label("Search in this trace")
    within.fill("OPERATIONALERROR")
    expect(page.locator(".wf-said")).to_have_text("1 of 4")
    expect(page.locator(".found .wf-title")).to_have_text("SELECT passages")
    within.press("Enter")
    expect(page.get_by_role("row", selected=True)).to_contain_text("SELECT passages")
    assert kept(page) == {"uiFind": "OPERATIONALERROR"}
    again = open_page(page.url)
    expect(again.locator(".found .wf-title")).to_have_text("SELECT passages")


def test_a_search_within_finds_what_is_shown(serve: Serve, open_page: OpenPage) -> None:
    """A client's call by its name with what it speaks to, a span by its process."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    within = page.get_by_label("Search in this trace")
    within.fill("POST retriever")
    expect(page.locator(".found .wf-title")).to_have_text("POST retriever")
    within.fill("process.pid=7")
    expect(page.locator(".wf-said")).to_have_text("11 of 11")


def test_a_range_of_time_is_chosen_by_dragging_or_by_keys(
    serve: Serve, open_page: OpenPage
) -> None:
    """And given back; a shared address shows the same range."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    box = page.locator(".wf-minimap").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    page.mouse.up()
    start, end = map(float, kept(page)["range"].split("-"))
    assert (start, end) == pytest.approx((0.25, 0.5), abs=0.01)
    expect(row(page, "retrieve").locator(".wf-outside")).to_be_visible()
    again = open_page(page.url)
    expect(row(again, "retrieve").locator(".wf-outside")).to_be_visible()
    page.get_by_role("button", name="Whole trace").click()
    assert kept(page) == {}
    page.get_by_role("slider", name="Start of the shown range").press("Shift+ArrowRight")
    assert kept(page) == {"range": "0.1-1"}


def test_the_shortest_range_is_kept_and_moved(serve: Serve, open_page: OpenPage) -> None:
    """Its start doesn't jump back when it is moved on, and a shared address still shows it."""
    pages = serve(slow_query())
    page = open_page(f"{pages.url}{SLOW}?range=0.4-0.402")
    start = page.get_by_role("slider", name="Start of the shown range")
    start.press("ArrowRight")
    assert kept(page) == {"range": "0.4015-0.402"}
    again = open_page(page.url)
    expect(again.get_by_role("button", name="Whole trace")).to_be_visible()
    assert kept(again) == {"range": "0.4015-0.402"}


def test_the_address_is_written_once_the_pointer_rests(serve: Serve, open_page: OpenPage) -> None:
    """Browsers refuse hundreds of changes; what is not written yet is when the page is left."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    page.evaluate(
        """() => {
          window.writes = 0;
          const write = history.replaceState;
          history.replaceState = function (...told) {
            window.writes += 1;
            write.apply(history, told);
          };
        }"""
    )
    box = page.locator(".wf-minimap").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=40)
    page.mouse.up()
    page.wait_for_url("**range=*")
    assert page.evaluate("window.writes") <= 2
    row(page, "rerank").click()
    page.goto(f"{pages.url}/compare")
    page.go_back()
    expect(panel(page).get_by_role("heading")).to_have_text("rerank")


def test_of_a_large_trace_only_what_is_in_sight_is_drawn(serve: Serve, open_page: OpenPage) -> None:
    """2,001 spans scroll, are searched and walked to the end with a few dozen rows in the page."""
    pages = serve(large_trace())
    page = open_page(pages.url + LARGE)
    expect(page.locator(".facts")).to_contain_text("2,001 spans in 2 services")
    assert rows(page)[0] == "POST /query"
    assert len(rows(page)) < SHOWN_AT_MOST
    grid(page).press("End")
    expect(page.get_by_text("read 19-97", exact=True)).to_be_in_viewport()
    assert len(rows(page)) < SHOWN_AT_MOST
    page.get_by_label("Search in this trace").fill("read 7-50")
    page.get_by_label("Search in this trace").press("Enter")
    expect(page.get_by_text("read 7-50", exact=True)).to_be_in_viewport()
    page.evaluate("scrollTo(0, 20000)")
    expect(page.locator("[data-span]").nth(20)).to_be_visible()
    assert len(rows(page)) < SHOWN_AT_MOST
    assert page.get_by_role("treegrid").get_attribute("aria-rowcount") == "2002"


def test_a_trace_on_its_way_is_waited_for(serve: Serve, open_page: OpenPage) -> None:
    """The ask page links to a trace a moment before it has arrived."""
    pages = serve()
    page = open_page(pages.url + SLOW)
    expect(page.get_by_role("heading", name="Not here yet")).to_be_visible()
    pages.jaeger.traces.append(slow_query())
    expect(page.get_by_role("treegrid")).to_be_visible()


def test_a_trace_that_came_in_part_grows(serve: Serve, open_page: OpenPage) -> None:
    """Each service sends on a clock of its own; what the reader does meanwhile is kept."""
    whole = slow_query(ago_us=4_300_000)
    part = Trace.of(one for one in whole.spans if one.service == "gateway")
    pages = serve(part)
    page = open_page(pages.url + SLOW)
    status = page.get_by_role("status").filter(has_text="on their way")
    expect(status).to_contain_text(f"{len(part.spans)} spans so far")
    row(page, "retrieve").click()
    page.get_by_label("Search in this trace").press_sequentially("re")
    page.get_by_label("Id of a trace to compare with").evaluate("one => { one.value = 'abc'; }")
    pages.jaeger.traces[:] = [whole]
    expect(page.locator("[data-span]")).to_have_count(len(whole.spans))
    within = page.get_by_label("Search in this trace")
    expect(within).to_be_focused()
    within.press("r")
    expect(within).to_have_value("rer")
    expect(panel(page).get_by_role("heading")).to_have_text("retrieve")
    expect(page.get_by_label("Id of a trace to compare with")).to_have_value("abc")
    expect(status).to_have_count(0)
    assert kept(page) == {"uiFind": "rer", "span": "02".zfill(16)}


def test_a_trace_of_two_roots_is_not_torn(serve: Serve, open_page: OpenPage) -> None:
    """Only a span whose parent is named and absent has lost it."""
    lone = trace(span("01", None, 0, 9_000), span("02", None, 10_000, 11_000))
    pages = serve(recent(lone, "a" * 32))
    page = open_page(pages.url + SLOW)
    expect(page.locator("[data-span]")).to_have_count(2)
    expect(page.get_by_text("Without their parent")).to_have_count(0)


def test_spans_that_are_each_others_parents_are_shown(serve: Serve, open_page: OpenPage) -> None:
    """The first of them as a root, beside the trace's own, with whom the walk ends."""
    cycle = trace(
        span("01", None, 0, 9_000, name="request"),
        span("02", "03", 1_000, 30_000, name="egg"),
        span("03", "02", 2_000, 3_000, name="hen"),
    )
    pages = serve(recent(cycle, "a" * 32))
    page = open_page(pages.url + SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("request")
    assert rows(page) == ["request", "egg", "hen"]
    row(page, "hen").click()
    expect(panel(page).get_by_role("heading")).to_have_text("hen")


def test_a_trace_that_does_not_come_is_told(serve: Serve, open_page: OpenPage) -> None:
    """With what may be the reason."""
    pages = serve()
    page = open_page("about:blank")
    page.clock.install()
    page.goto(pages.url + SLOW)
    for look in range(1, 6):
        expect(page.get_by_text(f"Look {look} of 6")).to_be_visible()
        page.clock.run_for(3000)
    missing = page.get_by_role("status").filter(has_text="Jaeger has no such trace")
    expect(missing).to_contain_text("one query in ten is kept")
    assert_readable(page)


def test_the_skip_link_leads_to_the_content(serve: Serve, open_page: OpenPage) -> None:
    """It stays on the page, whose base address is another."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert urlsplit(page.url).path == SLOW


def test_open_details_leave_the_last_row_to_be_seen(serve: Serve, open_page: OpenPage) -> None:
    """In a narrow window they lie over its lower part, so the page ends later."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW, width=900, height=500)
    row(page, "retrieve").click()
    grid(page).press("End")
    last, over = (
        one.bounding_box() for one in (page.get_by_role("row", selected=True), panel(page))
    )
    assert last
    assert over
    assert last["y"] + last["height"] <= over["y"]


def test_what_happened_is_told_in_words(serve: Serve, open_page: OpenPage) -> None:
    """That an id is copied, and why one can't be compared with."""
    pages = serve(slow_query())
    page = open_page(pages.url + SLOW)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the trace's id").click()
    expect(page.get_by_role("button", name="Copied the trace's id")).to_be_visible()
    page.get_by_label("Id of a trace to compare with").fill("xyz")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_contain_text("up to 32 digits")
    expect(page.get_by_label("Id of a trace to compare with")).to_be_focused()
    assert_readable(page)


@pytest.mark.parametrize("path", ["/trace/xyz", "/nothing/here"])
def test_an_address_of_nothing_says_so(serve: Serve, open_page: OpenPage, path: str) -> None:
    """And leads to the search."""
    pages = serve(slow_query())
    page = open_page(pages.url + path)
    expect(page.get_by_role("status")).to_contain_text(path)
    expect(page.get_by_role("link", name="Search for traces")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_it_is_readable(
    serve: Serve, open_page: OpenPage, width: int, height: int, dark: bool
) -> None:
    """On a laptop and on a phone, by day and by night, with the details of a failure open."""
    pages = serve(failed_query(), quick_query())
    page = open_page(pages.url + FAILED, width=width, height=height, dark=dark)
    page.get_by_label("Search in this trace").fill("passages")
    row(page, "SELECT passages").click()
    expect(panel(page)).to_be_visible()
    expect(page.get_by_text("SELECT passages").first).to_be_in_viewport()
    assert_readable(page)


def test_an_answer_that_was_broken_off_is_asked_for_again(
    serve: Serve, open_page: OpenPage, page_problems: list[str]
) -> None:
    """Also if a part of it had come."""
    pages = serve(slow_query())
    pages.broken_off = 1
    page = open_page(pages.url + SLOW)
    expect(page.get_by_role("treegrid")).to_be_visible()
    page_problems.clear()


def test_a_file_that_was_broken_off_is_loaded_again(
    serve: Serve, open_page: OpenPage, page_problems: list[str]
) -> None:
    """And if it never comes, the page says so instead of staying empty."""
    pages = serve(slow_query())
    page = open_page("about:blank")
    page.route("**/static/rows.js", lambda route: route.abort("connectionreset"), times=2)
    page.goto(pages.url + SLOW)
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.route("**/static/rows.js", lambda route: route.abort("connectionreset"))
    page.reload()
    expect(page.get_by_text("Not all of this page's files could be loaded")).to_be_visible()
    page_problems.clear()
