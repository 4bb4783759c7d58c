"""The trace pages' scripts agree with the host side on the same traces."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from lab.traces.critical_path import critical_path, self_time_us
from lab.traces.folding import slowest_span
from lab.traces.jaeger_json import parse_trace
from services.telemetry.conventions import APPLICATION
from tests.browser.conftest import OpenPage, Serve
from tests.lab.literal_traces import many_selects, mystery
from tests.lab.trace_literals import jaeger_json, query, random_trace, span, trace

pytestmark = pytest.mark.browser

ANALYSIS = """async told => {
  const [{ parseTrace }, { analyse }] = await Promise.all([
    import("/static/model.js"), import("/static/analysis.js")]);
  return told.map(one => {
    const facts = analyse(parseTrace(one));
    return {
      path: facts.path.map(({ span, start, end }) => [span.id, start, end]),
      own: Object.fromEntries(facts.own),
      slowest: facts.ranking.length ? [facts.ranking[0].span.id, facts.ranking[0].own] : null,
    };
  });
}"""


@pytest.fixture
def scripts(serve: Serve, open_page: OpenPage) -> Page:
    """A page from which the pages' modules can be imported."""
    pages = serve(query())
    return open_page(f"{pages.url}/compare")


def host_side(told: dict[str, Any]) -> dict[str, Any]:
    """What the host side finds in a trace of Jaeger's."""
    made = parse_trace(told)
    slowest = slowest_span(made)
    return {
        "path": [[one.span.span_id, one.start_us, one.end_us] for one in critical_path(made)],
        "own": self_time_us(made),
        "slowest": [slowest.span.span_id, slowest.critical_self_us]
        if slowest.critical_self_us
        else None,
    }


def test_the_critical_path_is_the_same_as_the_host_sides(scripts: Page) -> None:
    """Path, self times and slowest span of real shapes and of 300 random traces are equal."""
    left_behind = trace(
        span("r", None, 0, 10_000),
        span("waited", "r", 1_000, 4_000),
        span("task", "r", 5_000, 60_000),
    )
    made = [query(), mystery(), many_selects(), left_behind, *map(random_trace, range(300))]
    told = [jaeger_json(one) for one in made]
    assert scripts.evaluate(ANALYSIS, told) == [host_side(one) for one in told]


def test_the_same_client_spans_count_as_the_applications(scripts: Page) -> None:
    """The list in the page's script is the one of the trace contract."""
    names = scripts.evaluate("import('/static/folding.js').then(m => [...m.APPLICATION])")
    assert set(names) == APPLICATION


def test_tags_are_read_as_people_write_them_and_back(scripts: Page) -> None:
    """As logfmt: quotes around spaces, a name alone is true."""
    cases = {
        "user_id=u4217": {"user_id": "u4217"},
        'a=1  note="two words" error': {"a": "1", "note": "two words", "error": "true"},
        r'said="a \"b\""': {"said": 'a "b"'},
        "empty=": {"empty": ""},
        r'"two words"=1 "a \"b\""=2 "x=y"=3': {"two words": "1", 'a "b"': "2", "x=y": "3"},
        "url=/a?b=c": {"url": "/a?b=c"},
        "": {},
    }
    read = """texts => import('/static/query.js').then(({ readTags, writeTags }) =>
      texts.map(text => [readTags(text), readTags(writeTags(readTags(text)))]))"""
    assert scripts.evaluate(read, list(cases)) == [[tags, tags] for tags in cases.values()]


def test_tags_that_cannot_be_read_are_a_fault_of_the_form(scripts: Page) -> None:
    """They are not sent to Jaeger."""
    texts = ['a="b', "=b", 'a "b"', 'a=b"c']
    faults = """texts => import('/static/query.js').then(({ faults, readQuery }) =>
      texts.map(tags => Object.keys(faults({...readQuery('service=gateway'), tags}))))"""
    assert scripts.evaluate(faults, texts) == [["tags"]] * 4


def test_addresses_of_jaegers_own_pages_are_understood(scripts: Page) -> None:
    """Same parameters: tags as JSON, start and end in microseconds, `all` operations."""
    address = (
        "end=1700000060000000&limit=20&lookback=1h&maxDuration&minDuration=2s&operation=all"
        "&service=gateway&start=1700000000000000&tags=" + json.dumps({"user_id": "u7"})
    )
    asked = scripts.evaluate(
        "text => import('/static/query.js').then(m => m.apiQuery(m.readQuery(text)))", address
    )
    assert asked == {
        "service": "gateway",
        "start": 1700000000000000,
        "end": 1700000060000000,
        "limit": "20",
        "minDuration": "2s",
        "tags": '{"user_id":"u7"}',
    }


def test_a_look_back_ends_now(scripts: Page) -> None:
    """And so a bookmark shows what is new."""
    asked = scripts.evaluate(
        "text => import('/static/query.js').then(m => m.apiQuery(m.readQuery(text), 5e14))",
        "service=gateway&lookback=2d",
    )
    assert (asked["start"], asked["end"]) == (5e14 - 2 * 86_400e6, 5e14)


def test_durations_have_three_figures(scripts: Page) -> None:
    """In the unit that suits their size."""
    cases = {
        4_203_000: "4.20 s",
        999_700: "1.00 s",
        181_600: "182 ms",
        15_240: "15.2 ms",
        2_414: "2.41 ms",
        410: "410 µs",
        0: "0 µs",
    }
    told = "all => import('/static/format.js').then(m => all.map(us => m.duration(us)))"
    assert scripts.evaluate(told, list(cases)) == list(cases.values())


def test_marks_of_an_axis_differ_however_close_they_are(scripts: Page) -> None:
    """They have the digits that their distance needs, and none that say nothing."""
    told = """given => import('/static/format.js').then(({ ticks, axisDuration }) =>
      given.map(([from, to]) => {
        const marks = ticks(from, to, 4);
        return marks.map(us => axisDuration(us, marks[1] - marks[0]));
      }))"""
    assert scripts.evaluate(told, [[0, 4e6], [4_203_010, 4_203_050], [0, 1_200], [10, 10.4]]) == [
        ["0", "1 s", "2 s", "3 s", "4 s"],
        ["4.20301 s", "4.20302 s", "4.20303 s", "4.20304 s", "4.20305 s"],
        ["0", "500 µs", "1 ms"],
        ["10 µs", "10.1 µs", "10.2 µs", "10.3 µs", "10.4 µs"],
    ]
