"""report.html opened from disk: flame graphs, tables, waterfall, without any network."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.report.data import FlameGraph, FlameNode
from lab.report.html import render
from tests.browser.conftest import OpenPage
from tests.browser.readable import assert_readable
from tests.lab.literal_report import node, report_data

pytestmark = pytest.mark.browser


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The address of a written report."""
    file = tmp_path / "report.html"
    file.write_text(render(report_data()))
    return file.as_uri()


def frame(page: Page, name: str) -> Locator:
    """The box of a function in the flame graph."""
    return page.get_by_role("treeitem", name=f"{name}, ").first


def line(page: Page) -> Locator:
    """What is told of the zoomed or walked function."""
    return page.locator(".flame-line")


def test_the_verdict_comes_first(report: str, open_page: OpenPage) -> None:
    """With the evidence for and against it in sight."""
    page = open_page(report)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "serialize_prompt in generator CPU-bound"
    )
    for text in ("services/generator/prompt.py:41", "What speaks against it", "801 ms"):
        expect(page.get_by_text(text).first).to_be_in_viewport()
    expect(page.get_by_text("<b>none</b> of it waits")).to_be_visible()


def test_the_flame_graph_is_zoomed_and_walked(report: str, open_page: OpenPage) -> None:
    """By click and by keys; each function with its time and share."""
    page = open_page(report)
    whole = frame(page, "openai.generate").bounding_box()
    before = frame(page, "serialize_prompt").bounding_box()
    assert whole
    assert before
    assert before["width"] / whole["width"] == pytest.approx(812.5 / 3500, abs=0.01)
    frame(page, "serialize_prompt").hover()
    expect(page.locator(".tip")).to_contain_text("813 ms, 23 %, itself 790 ms")
    frame(page, "serialize_prompt").click()
    after = frame(page, "serialize_prompt").bounding_box()
    assert after
    assert after["width"] == pytest.approx(whole["width"], abs=2)
    expect(line(page)).to_contain_text("services/generator/prompt.py:41")
    graph = page.get_by_role("tree", name="Flame graph")
    graph.press("ArrowDown")
    expect(line(page)).to_contain_text("dumps")
    graph.press("ArrowUp")
    graph.press("ArrowLeft")
    expect(line(page)).to_contain_text("create")
    graph.press("Enter")
    expect(frame(page, "recv")).to_be_visible()
    graph.press("Escape")
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    expect(line(page)).to_contain_text("openai.generate")


def test_own_code_has_another_colour_than_libraries(report: str, open_page: OpenPage) -> None:
    """So that it stands out."""
    page = open_page(report)
    colour = "one => getComputedStyle(one).backgroundColor"
    own = {frame(page, name).evaluate(colour) for name in ("serialize_prompt", "generate_response")}
    library = {frame(page, name).evaluate(colour) for name in ("create", "recv")}
    assert len(own) == len(library) == 1
    assert own != library


def test_a_search_sums_up_what_it_finds(report: str, open_page: OpenPage) -> None:
    """Each moment once, however deep the matches lie in one another."""
    page = open_page(report)
    page.get_by_label("Search the flame graph").fill("services/")
    expect(page.locator(".flame-tools output")).to_have_text("3.49 s, 100 %")
    page.get_by_label("Search the flame graph").fill("json")
    expect(page.locator(".flame-tools output")).to_have_text("22.5 ms, 0.6 %")
    expect(frame(page, "dumps")).to_have_class("frame found")


def test_another_spans_stacks_can_be_chosen(report: str, open_page: OpenPage) -> None:
    """With how many samples they rest on."""
    page = open_page(report)
    expect(page.get_by_text("1,043 samples")).to_be_visible()
    page.get_by_label("Stacks of").select_option("retriever, all threads")
    expect(frame(page, "thread 12")).to_be_visible()
    expect(page.get_by_text("90 samples")).to_be_visible()


def test_the_functions_can_be_sorted(report: str, open_page: OpenPage) -> None:
    """By any column, the largest first."""
    page = open_page(report)
    table = page.locator("table.sortable")
    names = table.locator("tbody td:first-child")
    assert names.all_inner_texts() == ["generate_response", "recv", "serialize_prompt"]
    table.get_by_role("button", name="Self").click()
    assert names.all_inner_texts() == ["recv", "serialize_prompt", "generate_response"]
    table.get_by_role("button", name="Calls").click()
    assert names.all_inner_texts()[0] == "serialize_prompt"
    expect(table.get_by_role("columnheader", name="Calls")).to_have_attribute(
        "aria-sort", "descending"
    )


def test_the_replay_is_there_as_a_waterfall(report: str, open_page: OpenPage) -> None:
    """The same as on the trace page, and the original beside it."""
    page = open_page(report)
    expect(page.locator("[data-span]")).to_have_count(16)
    page.get_by_label("Trace", exact=True).select_option("The original, 4.20 s")
    page.get_by_text("pinecone.query", exact=True).last.click()
    expect(page.get_by_role("complementary", name="Chosen span")).to_contain_text("140 ms")


def test_a_trace_no_longer_shown_leaves_the_window_alone(report: str, open_page: OpenPage) -> None:
    """Each choice of a trace makes one waterfall, and the one before goes with its listeners."""
    page = open_page("about:blank")
    page.add_init_script(
        """window.heard = 0;
        const listen = window.addEventListener;
        window.addEventListener = function (name, run, options) {
          if (name === "scroll") {
            window.heard += 1;
            options.signal?.addEventListener("abort", () => { window.heard -= 1; });
          }
          listen.call(window, name, run, options);
        };"""
    )
    page.goto(report)
    choice = page.get_by_label("Trace", exact=True)
    for title in ("The original, 4.20 s", *[choice.locator("option").first.inner_text()] * 2):
        choice.select_option(title)
    assert page.evaluate("window.heard") == 1
    expect(page.get_by_role("region", name="Waterfall")).to_have_count(1)


def test_a_walk_zooms_to_what_is_too_narrow(tmp_path: Path, open_page: OpenPage) -> None:
    """A thousandth of its caller is not drawn beside it."""
    whole = node("loop", 10_000, node("heavy", 9_990), node("tiny", 1))
    file = tmp_path / "narrow.html"
    graph = FlameGraph("retriever", None, whole, 12)
    file.write_text(render(replace(report_data(), flame_graphs=(graph,))))
    page = open_page(file.as_uri())
    graphs = page.get_by_role("tree", name="Flame graph")
    for key in ("ArrowDown", "ArrowRight"):
        graphs.press(key)
    expect(line(page)).to_contain_text("tiny")
    expect(frame(page, "tiny")).to_be_visible()
    expect(frame(page, "tiny")).to_have_class("frame whole active")


def test_a_recursion_of_a_thousand_levels_is_drawn(tmp_path: Path, open_page: OpenPage) -> None:
    """And text of names stays text."""
    deep: FlameNode = node("</script><b>leaf</b>", 1000, file="services/x.py", line=3)
    for level in range(1_000):
        deep = node(f"level {level}", 1000, deep, file="services/x.py", line=1)
    graph = FlameGraph("retriever", None, deep, 12)
    file = tmp_path / "deep.html"
    file.write_text(render(replace(report_data(), flame_graphs=(graph,))))
    page = open_page(file.as_uri())
    assert page.get_by_role("treeitem").count() == 1_001
    assert page.get_by_role("treeitem").last.inner_text() == "</script><b>leaf</b>"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_it_is_readable(
    report: str, open_page: OpenPage, width: int, height: int, dark: bool
) -> None:
    """On a laptop and on a phone, by day and by night."""
    page = open_page(report, width=width, height=height, dark=dark)
    page.get_by_label("Search the flame graph").fill("recv")
    page.get_by_text("pinecone.query", exact=True).last.click()
    assert_readable(page)


def test_it_prints(report: str, open_page: OpenPage) -> None:
    """Verdict, flame graph and waterfall are there on paper; controls are not."""
    page = open_page(report)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(frame(page, "serialize_prompt")).to_be_visible()
    expect(page.locator("[data-span]").last).to_be_visible()
    expect(page.get_by_label("Search in this trace")).to_be_hidden()
    assert page.pdf().startswith(b"%PDF")
