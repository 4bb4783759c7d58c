"""The pictures in README and docs, made from a running lab so that they stay true."""

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, expect

from lab import trace as trace_command
from lab.errors import LabError
from lab.host import chromium
from lab.pictures import browser as headless
from lab.pictures.terminal_picture import svg
from lab.run import run
from lab.settings import ROOT, Settings
from lab.traffic import scenario
from lab.watched import Report

MAX_BYTES = 200_000
LAPTOP = (1200, 800)
PHONE = (390, 844)
COLUMNS = 100
ARRIVAL_MS = 30_000
COMMAND_TIMEOUT_S = 120
QUESTION = "When should I use threads, and when processes?"


@dataclass(frozen=True)
class Shot:
    """One picture: a page of that size in CSS pixels, brought by ``prepare`` to what is shown."""

    name: str
    url: str
    prepare: Callable[[Page], None]
    size: tuple[int, int] = LAPTOP
    dark: bool = False


def take(settings: Settings, out: str | None, report: Report) -> tuple[Path, ...]:
    """Make all pictures in the folder ``out`` (default docs/images) and return their paths.

    What can't be made yet is reported. Raises UnavailableError without a lab or a browser, LabError
    where the lab has no mystery query, fails its checklist or would show what is private here, and
    for a picture beyond MAX_BYTES.
    """
    folder = Path(out) if out else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    executable = chromium.ensure(report)
    user_id = scenario.mystery().user_id
    mystery = trace_command.find(settings, None, trace_command.filters(user_id=user_id))
    made = list(_terminal(settings, user_id, folder, report))
    with headless.opened(executable) as browser:
        for shot in _shots(settings, mystery.trace_id, report):
            report(shot.name)
            made.append(_take(browser, shot, folder))
    for path in made:
        if path.stat().st_size > MAX_BYTES:
            raise LabError(f"{path} has {path.stat().st_size:,} bytes; {MAX_BYTES:,} is the limit")
    return tuple(made)


def _shots(settings: Settings, trace_id: str, report: Report) -> Iterator[Shot]:
    gateway, jaeger = settings.url("gateway"), settings.url("jaeger")
    trace_page, datadog_page = trace_command.urls(settings, trace_id)
    yield Shot("ask", gateway, _ask)
    yield Shot("ask-phone", gateway, _ask, PHONE, dark=True)
    yield Shot("search", f"{jaeger}/search?service=gateway&lookback=24h&limit=100", _settle)
    yield Shot("trace", trace_page, _settle)
    yield Shot("trace-dark", trace_page, _settle, dark=True)
    yield Shot("datadog", datadog_page, _settle)
    newest = _newest_report(settings)
    if newest is None:
        report("no report.html to show yet: run `invoke profile`, then this again")
    else:
        yield Shot("report", newest.as_uri(), _settle)


def _take(browser: Browser, shot: Shot, folder: Path) -> Path:
    width, height = shot.size
    page = headless.new_page(browser, width=width, height=height, dark=shot.dark)
    path = folder / f"{shot.name}.png"
    try:
        headless.go(page, shot.url)
        shot.prepare(page)
        require_public(shot.name, page.inner_text("body"))
        page.screenshot(path=path, animations="disabled", caret="hide")
    except (Error, AssertionError) as failed:
        told = str(failed).splitlines()[0]
        raise LabError(f"{shot.url} didn't come to show what it should: {told}") from failed
    finally:
        page.context.close()
    return path


def require_public(name: str, text: str) -> None:
    """Raises LabError if a picture's text names this machine or where the project lies on it."""
    for private in (str(ROOT), socket.gethostname()):
        if re.search(rf"(?<![\w-]){re.escape(private)}(?![\w-])", text):
            raise LabError(f"the picture {name!r} would show {private!r}; it is not made")


def _ask(page: Page) -> None:
    page.get_by_label("Trace this one").check()
    page.get_by_label("Fresh answer").check()
    page.get_by_label("Ask about Python").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Arrived: ")).to_be_visible(timeout=ARRIVAL_MS)


def _settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def _newest_report(settings: Settings) -> Path | None:
    return max(settings.reports_dir.glob("*/report.html"), default=None)


def _terminal(settings: Settings, user_id: str, folder: Path, report: Report) -> Iterator[Path]:
    for name, options in (("checklist", ()), ("trace", ("--user-id", user_id))):
        report(f"invoke {name}")
        argv = (name, *options)
        path = folder / f"terminal-{name}.svg"
        printed = _printed(settings, argv)
        require_public(path.stem, printed)
        path.write_text(svg(f"invoke {' '.join(argv)}", printed, width=COLUMNS), encoding="utf-8")
        yield path


def _printed(settings: Settings, argv: Sequence[str]) -> str:
    """What a command prints to a terminal in colour. Raises CommandError if it ends badly."""
    environment = {
        "TRACELAB_NAME": settings.name,
        "TRACELAB_PORT_OFFSET": str(settings.port_offset),
        "TRACELAB_OVERLAYS": os.pathsep.join(map(str, settings.overlays)),
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
    }
    invoke = str(Path(sys.executable).with_name("invoke"))
    return run([invoke, *argv], cwd=ROOT, env=environment, timeout_s=COMMAND_TIMEOUT_S).stdout
