"""The report as a person reads it."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from checks import render
from checks.result import Check, Report

PASSED = Check(
    "traces",
    "Whole queries are traced",
    passed=True,
    evidence="12 complete traces of the last hour over 3 services (10 needed).",
    impact="Without it, profiling starts from a trace that isn't there.",
    fix=None,
    duration_ms=812.4,
)
FAILED = Check(
    "sampling",
    "One request in ten is sampled",
    passed=False,
    evidence="generator samples with ParentBased{root:TraceIdRatioBased{1.0}}. [red]132[/red] of "
    "132 requests kept, and every one of them is in Jaeger, which is more than was asked for.",
    impact="Without it, profiling looks at one request in a thousand.",
    fix="set `sampler = TraceIdRatioBased(0.10)` in services/telemetry/tracer.py, then `invoke up`",
    duration_ms=93.0,
)


def printed(width: int, *checks: Check) -> str:
    """What is written to a console so wide."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render.report(Report(checks, lab_found=True, duration_ms=2100)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Long evidence and fixes wrap; nothing is cut off."""
    text = printed(width, PASSED, FAILED)
    assert all(len(line) <= width for line in text.splitlines())
    flat = " ".join(text.split())
    for words in (PASSED.evidence, FAILED.evidence, FAILED.impact, str(FAILED.fix)):
        assert words in flat


def test_a_word_longer_than_the_line_is_not_cut_off() -> None:
    """What a service said in one long word is folded, to its last letter."""
    long = "ParentBased{" + ",".join(f"sampler{number}" for number in range(30)) + "}"
    text = printed(80, replace(FAILED, evidence=long))
    assert long in "".join(text.split())


def test_results_are_told_by_word_and_not_by_colour_alone() -> None:
    """PASS and FAIL stand before number and title, and the heading counts."""
    lines = printed(80, PASSED, FAILED).splitlines()
    assert lines[0].startswith("1 of 2 checks passed")
    assert any(line.startswith("PASS  1 Whole queries are traced") for line in lines)
    assert any(line.startswith("FAIL  2 One request in ten is sampled") for line in lines)


def test_only_a_failure_has_a_fix() -> None:
    """A check that passed shows what it guards against, but nothing to do."""
    assert "fix" not in printed(80, PASSED).split()
    assert "fix" in printed(80, FAILED).split()
    assert PASSED.impact in printed(120, PASSED)


def test_evidence_is_never_taken_for_markup() -> None:
    """Brackets in what a service said are shown as they are."""
    assert "[red]132[/red]" in printed(120, FAILED)


def test_colour_is_written_where_the_terminal_has_it() -> None:
    """Green and red are used on a terminal with colours."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    console.print(render.report(Report((PASSED, FAILED), lab_found=True, duration_ms=1)))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[1;32mPASS" in console.file.getvalue()
    assert "\x1b[1;31mFAIL" in console.file.getvalue()
