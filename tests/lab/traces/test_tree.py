"""A trace as the lines of a tree."""

from lab.traces.spans import Trace
from lab.traces.tree import Line, lines
from tests.lab.trace_literals import query, span, trace


def outline(of: Trace, *, fold: bool = True) -> list[str]:
    """Each line as its depth, how many spans it stands for, and the first one's name."""
    return [
        f"{len(line.guides)}:{len(line.spans)}:{line.first.name}" for line in lines(of, fold=fold)
    ]


def reads(count: int, *, failed: int | None = None) -> Trace:
    """A parent with so many reads, each a little longer than the one before."""
    made = [
        span(f"q{n}", "r", 100 * n, 100 * n + 10 + n, name="SELECT", is_error=n == failed)
        for n in range(count)
    ]
    below = [span(f"b{n}", f"q{n}", 100 * n, 100 * n + 5, name="fetch") for n in range(count)]
    return trace(span("r", None, 0, 100_000), *made, *below)


def test_children_come_below_their_parent_in_order_of_start() -> None:
    """Depth first, as the calls nested."""
    assert outline(query())[:6] == [
        "0:1:POST /query",
        "1:1:retrieve",
        "2:1:POST",
        "3:1:POST /retrieve",
        "4:1:pinecone.query",
        "1:1:rerank",
    ]


def test_guides_tell_where_a_sibling_follows() -> None:
    """The first of two children has one to come, the last hasn't."""
    found = lines(trace(span("r", None, 0, 9), span("a", "r", 1, 2), span("b", "r", 3, 4)))
    assert [line.guides for line in found] == [(), (True,), (False,)]


def test_many_spans_alike_are_folded_into_the_longest_and_one_line() -> None:
    """Of fifty reads two are shown, and what is below the others is hidden with them."""
    found = outline(reads(50))
    assert found == [
        "0:1:r",
        "1:48:SELECT",
        "1:1:SELECT",
        "2:1:fetch",
        "1:1:SELECT",
        "2:1:fetch",
    ]
    (fold,) = [line for line in lines(reads(50)) if line.is_folded]
    assert {one.name for one in fold.hidden} == {"fetch"}
    assert len(fold.hidden) == 48


def test_a_few_spans_alike_are_all_shown() -> None:
    """Six are."""
    assert outline(reads(6)).count("1:1:SELECT") == 6
    assert "1:5:SELECT" in outline(reads(7))


def test_folding_can_be_left_off() -> None:
    """Every span has its line then."""
    assert len(lines(reads(50), fold=False)) == 101


def test_a_failed_span_is_never_folded_away() -> None:
    """It is what one looks for."""
    shown = [line.first for line in lines(reads(50, failed=3)) if not line.is_folded]
    assert "q3" in {one.span_id for one in shown}


def test_spans_that_lost_their_parent_come_after_the_query() -> None:
    """As further roots, the query first although it began later."""
    torn = trace(span("early", "gone", 0, 3), span("r", None, 5, 100), span("late", "lost", 9, 10))
    assert outline(torn) == ["0:1:r", "0:1:early", "0:1:late"]


def test_a_deep_chain_is_walked() -> None:
    """Depth is bounded by memory, not by the stack."""
    chain = [span(str(n), str(n - 1), n, 10_000 - n) for n in range(2_000)]
    found = lines(trace(*chain))
    assert len(found[-1].guides) == 1_999


def test_a_line_of_one_span_is_no_fold() -> None:
    """Only more than one are."""
    assert not Line((span("r", None, 0, 1),)).is_folded
