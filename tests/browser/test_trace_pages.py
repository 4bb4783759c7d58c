"""The trace pages of a real lab, as Jaeger serves them: the mystery query is found there."""

import re
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from lab.images import ensure as images
from lab.settings import Settings
from lab.traces.critical_path import critical_path
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Trace
from lab.traffic import scenario
from tests.browser.conftest import OpenPage
from tests.browser.readable import assert_readable

pytestmark = [
    pytest.mark.browser,
    pytest.mark.integration,
]

STAGES = ("retrieve", "pinecone.query", "rerank", "openai.generate", "cache")
SECONDS = re.compile(r"^(\d+(?:\.\d+)?) (s|ms|µs)$")
UNIT_US = {"s": 1e6, "ms": 1e3, "µs": 1.0}
SHOWN_TO = 0.006


@pytest.fixture(scope="module", autouse=True)
def _pages_of_the_labs_own(lab: Settings) -> None:
    """Jaeger's official image brings other pages."""
    found = images.current(lab)
    if found is None or found.source == "registry":
        pytest.skip("the images come from a registry: Jaeger has its own pages")


@pytest.fixture(scope="module")
def mystery_trace(lab: Settings) -> Trace:
    """The mystery query's trace, as the lab's own client reads it."""
    with Jaeger(lab.url("jaeger")) as jaeger:
        found = jaeger.slowest(since_s=3600, tags={"user_id": scenario.mystery().user_id})
    assert found
    return found


def shown_us(page: Page, name: str) -> list[float]:
    """The durations in the rows of that name, in microseconds."""
    rows = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
    texts = rows.locator(".wf-number:not(.wf-own)").all_inner_texts()
    matches = [SECONDS.match(text) for text in texts]
    return [float(match[1]) * UNIT_US[match[2]] for match in matches if match]


def test_files_come_with_the_right_types_and_are_not_kept(lab: Settings) -> None:
    """Any address is the page; its files have no date that would let a browser keep old ones."""
    url = lab.url("jaeger")
    types = {
        "/": "text/html",
        "/trace/abc": "text/html",
        "/static/app.js": "text/javascript",
        "/static/base.css": "text/css",
    }
    for path, wanted in types.items():
        answer = httpx.get(url + path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(wanted)
        assert "last-modified" not in answer.headers


def test_the_mystery_query_is_found_and_its_stages_are_told(
    lab: Settings, open_page: OpenPage, mystery_trace: Trace
) -> None:
    """By duration and user, in the search; the waterfall has the five stages' durations."""
    user_id = scenario.mystery().user_id
    page = open_page(f"{lab.url('jaeger')}/")
    page.get_by_label("Tags").fill(f"user_id={user_id}")
    page.get_by_label("Min duration").fill("2s")
    page.get_by_role("button", name="Find traces").click()
    page.wait_for_url("**minDuration=2s**")
    expect(page.locator(".trace-facts").first).to_contain_text(f"user {user_id}")
    page.locator(f"a.trace-link[href='/trace/{mystery_trace.trace_id}']").click()
    expect(page.get_by_role("treegrid")).to_be_visible()
    for name in STAGES:
        spans = sorted(one.duration_us for one in mystery_trace.spans if one.name == name)
        assert sorted(shown_us(page, name)) == pytest.approx(spans, rel=SHOWN_TO)
    slowest = page.get_by_role("region", name="Slowest span")
    expect(slowest).to_contain_text("openai.generate in generator")


def test_the_pages_path_is_the_host_sides(
    lab: Settings, open_page: OpenPage, mystery_trace: Trace
) -> None:
    """On the trace as Jaeger sends it to the browser."""
    page = open_page(f"{lab.url('jaeger')}/trace/{mystery_trace.trace_id}")
    expect(page.get_by_role("treegrid")).to_be_visible()
    found = page.evaluate(
        """async id => {
          const [{ trace }, { parseTrace }, { criticalPath }] = await Promise.all(
            ["api", "model", "critical_path"].map(name => import(`/static/${name}.js`)));
          return criticalPath(parseTrace(await trace(id)))
            .map(({ span, start, end }) => [span.id, start, end]);
        }""",
        mystery_trace.trace_id,
    )
    assert found == [
        [one.span.span_id, one.start_us, one.end_us] for one in critical_path(mystery_trace)
    ]


def test_an_address_with_jaegers_parameters_shows_the_search(
    lab: Settings, open_page: OpenPage, mystery_trace: Trace
) -> None:
    """Operation, tags as JSON, durations, start and end; on a phone as well."""
    start_us = mystery_trace.root.start_us
    asked = {
        "service": "gateway",
        "operation": "POST /query",
        "tags": f'{{"user_id":"{scenario.mystery().user_id}"}}',
        "minDuration": "2s",
        "maxDuration": "1m",
        "lookback": "1h",
        "start": start_us - 1_000_000,
        "end": start_us + 1_000_000,
        "limit": 5,
    }
    page = open_page(f"{lab.url('jaeger')}/search?{urlencode(asked)}", width=390, height=844)
    expect(page.locator(".trace-item")).to_have_count(1)
    assert_readable(page)


def test_links_lead_to_the_labs_other_pages(
    lab: Settings, open_page: OpenPage, mystery_trace: Trace
) -> None:
    """The ask page and Datadog's viewer, at this lab's ports; there the same trace."""
    page = open_page(f"{lab.url('jaeger')}/trace/{mystery_trace.trace_id}")
    ask = page.get_by_role("link", name="Ask").get_attribute("href")
    assert ask == f"{lab.url('gateway')}/"
    link = page.get_by_role("link", name="in Datadog's viewer").get_attribute("href") or ""
    assert urlsplit(link).netloc == urlsplit(lab.url("datadog-ui")).netloc
    assert httpx.get(link).status_code == 200


def test_a_jaeger_that_goes_away_is_told(
    lab: Settings, open_page: OpenPage, page_problems: list[str], mystery_trace: Trace
) -> None:
    """A page that was open already says so, and what to look at."""
    page = open_page(f"{lab.url('jaeger')}/trace/{mystery_trace.trace_id}")
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Jaeger doesn't answer")
    expect(page.get_by_role("alert")).to_contain_text("invoke doctor")
    page_problems.clear()
