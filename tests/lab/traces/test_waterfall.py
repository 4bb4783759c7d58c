"""The waterfall as a terminal shows it."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from lab.traces.spans import Trace
from lab.traces.waterfall import render
from tests.lab.trace_literals import TRACE_ID, query, span, trace

URL = f"http://127.0.0.1:16686/trace/{TRACE_ID}"


def shown(
    of: Trace, width: int = 80, encoding: str = "utf-8", *, urls: tuple[str, ...] = ()
) -> list[str]:
    """The lines of the waterfall on a terminal of that width and encoding."""
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as file:
        Console(file=file, width=width, color_system=None).print(render(of, urls=urls))
        file.flush()
        return raw.getvalue().decode(encoding).splitlines()


def row(lines: list[str], name: str) -> str:
    """The one line of the tree with that name."""
    (found,) = [line for line in lines if name in line and ("█" in line or "░" in line)]
    return found


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_it_fits_the_terminal(width: int) -> None:
    """No line is wider, and those of the tree fill it."""
    lines = shown(query(), width, urls=(URL,))
    assert max(map(cell_len, lines)) <= width
    assert cell_len(row(lines, "score")) == width


def test_a_width_can_be_given() -> None:
    """For a file, say."""
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(render(query(), 90))
    assert cell_len(row(captured.get().splitlines(), "score")) == 90


def test_the_head_tells_what_the_trace_is() -> None:
    """Its id, length, services, spans, user, cost, page and stages."""
    head = "\n".join(shown(query(), urls=(URL,))[:7])
    assert TRACE_ID in head
    assert "4,203 ms  3 services  11 spans  user u7  $0.0807" in head
    assert URL in head
    assert "423 ms 10.1%" in head


def test_the_tree_shows_durations_and_time_waited_for() -> None:
    """Of the provider's call all of it, of the span around it only the rest."""
    lines = shown(query())
    assert "3,500   3,500" in row(lines, "POST providers")
    assert "3,558    58.0" in row(lines, "openai.generate")


def test_the_critical_path_shows_without_colour() -> None:
    """Solid where the request waited for this span itself, open elsewhere."""
    lines = shown(query(), 120)
    assert "░" not in row(lines, "POST providers")
    assert "█" not in row(lines, "POST /query")
    assert row(lines, "score").index("█") > row(lines, "pinecone.query").index("█")


def test_a_failed_span_is_marked() -> None:
    """With a sign, not by colour alone."""
    failed = trace(span("r", None, 0, 9_000), span("call", "r", 0, 8_000, is_error=True))
    assert "✗ call" in row(shown(failed), "call")
    assert "✗" not in row(shown(failed), "r  ")


def test_a_long_name_loses_its_middle() -> None:
    """Its beginning and its end tell most."""
    name = "SELECT " + "very_long_table_name_" * 5 + "END"
    lines = shown(trace(span("r", None, 0, 9), span("a", "r", 0, 8, name=name)))
    assert "SELECT very_" in row(lines, "…")
    assert "END" in row(lines, "…")


def test_a_name_of_wide_characters_keeps_the_columns() -> None:
    """Each takes two cells."""
    wide = trace(span("r", None, 0, 9), span("a", "r", 0, 8, name="検索" * 40))
    assert {cell_len(line) for line in shown(wide) if "█" in line and "waits" not in line} == {80}


def test_a_name_is_no_markup_and_no_escape() -> None:
    """It is shown as it is, but for what could steer the terminal."""
    odd = trace(span("r", None, 0, 9), span("a", "r", 0, 8, name="[red]x[/red]\x1b[31m"))
    assert "[red]x[/red]?[31m" in row(shown(odd), "[red]")


def test_a_deep_chain_fits() -> None:
    """However deep, each line has a bar and its width."""
    chain = trace(*(span(str(n), str(n - 1), n, 900 - n) for n in range(60)))
    lines = [line for line in shown(chain) if "█" in line or "░" in line]
    assert {cell_len(line) for line in lines[:-1]} == {80}


def test_spans_that_lost_their_parent_are_told() -> None:
    """As a torn trace misleads whoever reads it."""
    torn = trace(span("r", None, 0, 90), span("lost", "gone", 5, 10, service="retriever"))
    text = " ".join(shown(torn))
    assert "without their parent (still arriving, or context was lost): lost (retriever)" in text


def test_the_slowest_span_is_named_with_its_lead() -> None:
    """And with its place, where its name alone says little."""
    text = " ".join(" ".join(shown(query())).split())
    assert (
        "slowest span: openai.generate in generate (generator): 3,558 ms of the critical "
        "path, 85% of the whole, 3,140 ms ahead of score in rerank"
    ) in text


def test_a_terminal_without_unicode_gets_ascii() -> None:
    """Nothing that it can't encode is printed."""
    lines = shown(query(), encoding="ascii")
    assert any("`-" in line and "#" in line for line in lines)


def test_a_trace_of_one_instant_is_shown() -> None:
    """Nothing is divided by its length."""
    assert "r" in row(shown(trace(span("r", None, 5, 5))), "r  ")
