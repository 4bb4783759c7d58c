"""How quick the trace page is with a large trace, in a headless browser.

    python -m bench.pages --spans 2000 --runs 5

Needs no lab: the page's files and a made-up trace are handed to the browser. Prints the time from
the opening of the address to the first rows, and how long the page takes to draw anew for each of
100 steps while it is scrolled from top to bottom, the choice of a span and the search in all spans.
"""

import argparse
import json
from mimetypes import guess_type
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Route

from bench import machine
from lab.console import Steps, err
from lab.host import chromium
from lab.pictures import browser as headless
from lab.settings import ROOT

UI = ROOT / "compose" / "images" / "jaeger" / "ui"
# Nothing listens there: each request is answered here.
ORIGIN = "http://127.0.0.1:9"
TRACE_ID = "d" * 32
BEGAN_US = 1_762_000_000_000_000
GROUP = 100
READ_US = 4_000

FIRST_ROWS = """window.firstRowsMs = new Promise(resolve => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-span]")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  }).observe(document, {childList: true, subtree: true});
});"""
# Each step's work is done in its frame; layout is asked for, as painting would.
SCROLLING = """async () => {
  const whole = document.documentElement.scrollHeight - innerHeight;
  const frame = () => new Promise(requestAnimationFrame);
  const took = [];
  for (let step = 1; step <= 100; step++) {
    scrollTo(0, (whole * step) / 100);
    await frame();
    const began = performance.now();
    dispatchEvent(new Event("scroll"));
    await frame();
    document.body.getBoundingClientRect();
    took.push(performance.now() - began);
  }
  return took;
}"""
CHOOSING = """() => {
  const began = performance.now();
  document.querySelectorAll("[data-span]")[10].click();
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""
SEARCHING = """() => {
  const input = document.querySelector(".wf-find");
  const began = performance.now();
  input.value = "read 7";
  input.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--spans", type=int, default=2000)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    told = json.dumps({"data": [large_trace(given.spans)], "errors": None})
    with headless.opened(chromium.ensure(Steps(err))) as browser:
        runs = [_run(browser, told) for _ in range(given.runs)]
    err.print(machine.describe())
    for name in runs[0]:
        values = sorted(run[name] for run in runs)
        _tell(f"{name}: {median(values):.0f} ms ({values[0]:.0f} to {values[-1]:.0f})")


def large_trace(spans: int) -> dict[str, Any]:
    """A trace of so many spans as Jaeger's JSON: groups of reads, one after another."""
    groups = [f"group {first // GROUP}" for first in range(0, spans - 1, GROUP)]
    made = [_span("r", None, "POST /query", 0, spans * READ_US)]
    for number in range(spans - 1):
        group, within = divmod(number, GROUP)
        began_us = number * READ_US
        if within == 0:
            made.append(_span(f"g{group}", "r", groups[group], began_us, GROUP * READ_US))
        else:
            name = f"read {group}-{within}"
            made.append(_span(f"s{number}", f"g{group}", name, began_us, READ_US - 1_000))
    process = {"serviceName": "retriever", "tags": []}
    return {"traceID": TRACE_ID, "spans": made, "processes": {"p1": process}}


def _span(span_id: str, parent: str | None, name: str, start: int, length: int) -> dict[str, Any]:
    reference = {"refType": "CHILD_OF", "traceID": TRACE_ID, "spanID": parent}
    tags = {"span.kind": "internal", "db.query.text": "SELECT text FROM passages WHERE rowid = ?"}
    return {
        "traceID": TRACE_ID,
        "spanID": span_id,
        "operationName": name,
        "references": [reference] if parent else [],
        "startTime": BEGAN_US + start,
        "duration": length,
        "tags": [{"key": key, "type": "string", "value": value} for key, value in tags.items()],
        "logs": [],
        "processID": "p1",
        "warnings": None,
    }


def _run(browser: Browser, told: str) -> dict[str, float]:
    page = headless.new_page(browser)
    page.route(f"{ORIGIN}/**", lambda route: _answer(route, told))
    page.add_init_script(FIRST_ROWS)
    page.goto(f"{ORIGIN}/trace/{TRACE_ID}")
    first_rows_ms = float(page.evaluate("window.firstRowsMs"))
    steps = _numbers(page, SCROLLING)
    found = {
        "first rows": first_rows_ms,
        "a step of scrolling, median": median(steps),
        "a step of scrolling, worst": max(steps),
        "choosing a span": float(page.evaluate(CHOOSING)),
        "searching all spans": float(page.evaluate(SEARCHING)),
    }
    page.context.close()
    return found


def _numbers(page: Page, script: str) -> list[float]:
    return [float(number) for number in page.evaluate(script)]


def _answer(route: Route, told: str) -> None:
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    if path.startswith("/api/"):
        route.fulfill(status=200, content_type="application/json", body=told)
        return
    file = UI / (path.lstrip("/") if path.startswith("/static/") else "index.html")
    route.fulfill(
        status=200, content_type=guess_type(file.name)[0] or "text/html", body=file.read_text()
    )


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - the figures are this command's output


if __name__ == "__main__":
    main()
