"""The ask page of a real lab: asked, read, clicked through as a person would."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from lab.settings import Settings
from lab.traces.datadog import trace_url
from tests.browser.conftest import OpenPage
from tests.browser.looks import fits, low_contrast

pytestmark = pytest.mark.browser

UNSAMPLED = f"00-{'ab' * 16}-{'cd' * 8}-00"
ARRIVAL_MS = 20_000
STAGES = ["cache", "retrieve", "rerank", "generate", "gateway"]


def ask(page: Page, question: str) -> None:
    """Ask the quickest model and wait for its answer."""
    page.get_by_label("Model").select_option("gpt-4o-mini")
    page.get_by_label("Ask about Python").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name=question)).to_be_visible()


def never_sampled(page: Page) -> None:
    """Let the caller of the gateway have decided that queries of this page aren't kept."""

    def decide(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "traceparent": UNSAMPLED})

    page.route("**/query", decide)


def test_an_answer_comes_with_sources_stages_and_cost(lab: Settings, open_page: OpenPage) -> None:
    """Numbers in the answer lead to its sources; each stage has its time; focus is on it."""
    page = open_page(lab.url("gateway"))
    page.get_by_label("Fresh answer").check()
    ask(page, "When should I use threads, and when processes?")
    assert page.evaluate("document.activeElement.id") == "outcome"
    sources = page.get_by_role("region", name="Sources").get_by_role("listitem")
    expect(sources).to_have_count(5)
    for link in sources.get_by_role("link").all():
        assert (link.get_attribute("href") or "").startswith("https://docs.python.org/")
    page.get_by_role("link", name=re.compile(r"^Source 1: ")).first.click()
    assert page.evaluate("document.activeElement.id") == "source-1"
    time = page.get_by_role("region", name="Time")
    assert time.get_by_role("rowheader").all_inner_texts() == STAGES
    generate = time.get_by_role("row", name="generate")
    assert re.search(r"\d+(\.\d+)? m?s", generate.inner_text())
    cost = page.get_by_role("region", name="Cost")
    expect(cost).to_contain_text(re.compile(r"gpt-4o-mini.*\$0\.000\d.*\d+ in, \d+ out", re.DOTALL))


def test_trace_this_one_leads_to_the_trace_in_both_viewers(
    lab: Settings, open_page: OpenPage
) -> None:
    """The links open the same trace id in Jaeger and in Datadog's viewer, with its stages."""
    page = open_page(lab.url("gateway"))
    page.get_by_label("Trace this one").check()
    page.get_by_label("Fresh answer").check()
    ask(page, "How do I run blocking code without stopping the asyncio event loop?")
    card = page.get_by_role("region", name="Trace")
    expect(card).to_contain_text("kept")
    expect(card.get_by_text("Arrived: ")).to_be_visible(timeout=ARRIVAL_MS)
    trace_id = card.locator("code").inner_text()
    link, other = (card.get_by_role("link", name=name) for name in ("Open the trace", "in Datadog"))
    assert link.get_attribute("href") == f"{lab.url('jaeger')}/trace/{trace_id}"
    assert other.get_attribute("href") == trace_url(lab.url("datadog-ui"), trace_id)
    with page.expect_popup() as opened:
        link.click()
    assert opened.value.url == f"{lab.url('jaeger')}/trace/{trace_id}"
    with page.expect_popup() as opened:
        other.click()
    shown = opened.value
    expect(shown.get_by_text(trace_id, exact=True)).to_be_visible()
    names = shown.locator("summary b").all_inner_texts()
    assert {"cache", "retrieve", "rerank", "generate", "openai.generate"} <= set(names)


def test_a_trace_is_waited_for_past_a_broken_off_look(
    lab: Settings, open_page: OpenPage, page_problems: list[str]
) -> None:
    """A container that starts makes Chromium drop requests: the page looks again."""
    page = open_page(lab.url("gateway"))
    page.route("**/api/traces*", lambda route: route.abort(), times=2)
    page.get_by_label("Trace this one").check()
    ask(page, "What does the yield keyword do?")
    expect(page.get_by_text("Arrived: ")).to_be_visible(timeout=ARRIVAL_MS)
    assert len(page_problems) == 2
    page_problems.clear()


def test_jaeger_being_away_is_said(
    lab: Settings, open_page: OpenPage, page_problems: list[str]
) -> None:
    """The links stay; how long a trace takes is told instead."""
    page = open_page(lab.url("gateway"))
    page.route("**/api/traces*", lambda route: route.abort())
    page.get_by_label("Trace this one").check()
    ask(page, "What does the yield keyword do?")
    card = page.get_by_role("region", name="Trace")
    expect(card).to_contain_text(re.compile("Jaeger can.t be asked from here; give it 5 s"))
    expect(card.get_by_role("link", name="Open the trace")).to_be_visible()
    page_problems.clear()


def test_why_there_is_no_trace_is_said_and_mended(lab: Settings, open_page: OpenPage) -> None:
    """A query that isn't kept says that one in ten is, and can be asked again, traced."""
    page = open_page(lab.url("gateway"))
    never_sampled(page)
    ask(page, "How do I read a CSV file row by row?")
    card = page.get_by_role("region", name="Trace")
    expect(card).to_contain_text("One query in 10 is kept")
    expect(card.get_by_role("link")).to_have_count(0)
    page.unroute("**/query")
    card.get_by_role("button", name="Ask again, traced").click()
    expect(page.get_by_role("link", name="Open the trace")).to_be_visible()
    expect(page.get_by_label("Trace this one")).to_be_checked()


def test_a_cached_answer_is_told_as_such(lab: Settings, open_page: OpenPage) -> None:
    """The second time the cache answers: at no cost, with that one stage."""
    page = open_page(lab.url("gateway"))
    for _ in range(2):
        ask(page, "What is the walrus operator for?")
        page.wait_for_selector(".time")
    cost = page.get_by_role("region", name="Cost")
    expect(cost).to_contain_text("cache")
    expect(cost).to_contain_text("$0")
    time = page.get_by_role("region", name="Time")
    expect(time.get_by_role("rowheader")).to_have_text(["cache", "gateway"])


def test_an_address_can_be_shared_and_asks_nothing_by_itself(
    lab: Settings, open_page: OpenPage
) -> None:
    """It fills the form; Enter asks; back, forward and reload show answers without asking again."""
    page = open_page(
        f"{lab.url('gateway')}/?q=What+does+zip+do%3F&model=gpt-4o-mini&trace=1&top_k=3"
    )
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    expect(page.get_by_label("Ask about Python")).to_have_value("What does zip do?")
    expect(page.get_by_label("Trace this one")).to_be_checked()
    assert sent == []
    page.get_by_label("Ask about Python").press("Enter")
    expect(page.get_by_role("heading", name="What does zip do?")).to_be_visible()
    expect(page.get_by_role("region", name="Sources").get_by_role("listitem")).to_have_count(3)
    ask(page, "What does enumerate do?")
    page.go_back()
    expect(page.get_by_role("heading", name="What does zip do?")).to_be_visible()
    expect(page.get_by_label("Ask about Python")).to_have_value("What does zip do?")
    page.reload()
    expect(page.get_by_role("heading", name="What does zip do?")).to_be_visible()
    assert len(sent) == 2


def test_shift_enter_is_a_new_line(lab: Settings, open_page: OpenPage) -> None:
    """Nothing is sent by it."""
    page = open_page(lab.url("gateway"))
    box = page.get_by_label("Ask about Python")
    box.fill("Why")
    box.press("Shift+Enter")
    assert box.input_value() == "Why\n"
    expect(page.get_by_role("region", name="Cost")).to_have_count(0)


def test_a_second_question_takes_the_place_of_the_first(lab: Settings, open_page: OpenPage) -> None:
    """Asking while one runs ends that one; only the newer answer is shown."""
    page = open_page(lab.url("gateway"))
    held: list[Route] = []
    page.route("**/query", lambda route: held.append(route), times=1)
    box = page.get_by_label("Ask about Python")
    box.fill("What takes so long?")
    box.press("Control+Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    with page.expect_event("requestfailed"):
        ask(page, "What does reversed do?")
    expect(page.get_by_role("heading", name="What takes so long?")).to_have_count(0)
    assert len(held) == 1


def test_a_question_can_be_cancelled(lab: Settings, open_page: OpenPage) -> None:
    """Focus goes back to the question, and the examples are there again."""
    page = open_page(lab.url("gateway"))
    page.route("**/query", lambda _: None, times=1)
    page.get_by_role("button", name="When should I use threads").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Ask about Python")).to_be_focused()
    expect(page.get_by_role("region", name="Or try one of these")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_it_can_be_read_at_any_size_and_in_the_dark(
    lab: Settings, open_page: OpenPage, width: int, height: int, dark: bool
) -> None:
    """Contrast enough everywhere, nothing to scroll to the side: empty and with an answer."""
    page = open_page(lab.url("gateway"), width, height, dark)
    assert low_contrast(page) == []
    assert fits(page)
    page.get_by_label("Trace this one").check()
    ask(page, "How do I merge two dictionaries?")
    page.get_by_text("The same with curl").click()
    assert low_contrast(page) == []
    assert fits(page)


def test_the_browser_is_held_to_this_origin_and_jaeger(lab: Settings) -> None:
    """Whatever got into the page, it can load scripts and styles from the gateway alone."""
    policy = httpx.get(lab.url("gateway")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {lab.url('jaeger')};" in policy
