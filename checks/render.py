"""The report as a person reads it, from 80 columns on."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checks.result import Check, Report


def report(done: Report) -> RenderableType:
    """A heading, then every check: its word, title and time, evidence, impact and fix."""
    passed = sum(check.passed for check in done.checks)
    colour = "green" if done.passed else "red"
    heading = Text.assemble(
        (f"{passed} of {len(done.checks)} checks passed", f"bold {colour}"),
        (f"  {done.duration_ms / 1000:.1f} s", "dim"),
    )
    return Group(heading, Text(), *(_check(n, one) for n, one in enumerate(done.checks, 1)))


def _check(number: int, check: Check) -> RenderableType:
    word = Text("PASS", "bold green") if check.passed else Text("FAIL", "bold red")
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(width=4)
    head.add_column(width=2, justify="right")
    head.add_column(ratio=1, overflow="fold")
    head.add_column(justify="right", no_wrap=True)
    title = Text.assemble((check.title, "bold"), (f"  {check.id}", "dim"))
    head.add_row(word, str(number), title, Text(f"{check.duration_ms:.0f} ms", "dim"))
    body = Table.grid(padding=(0, 1))
    body.add_column(width=8, style="dim")
    body.add_column(overflow="fold")
    body.add_row("evidence", Text(check.evidence))
    body.add_row("impact", Text(check.impact, "dim" if check.passed else ""))
    if check.fix is not None:
        body.add_row("fix", Text(check.fix, "bold"))
    return Group(head, Padding(body, (0, 0, 1, 8)))
