"""Stacks as trees."""

from dataclasses import replace

import pytest

from lab.measure.stacks import Frame
from lab.report.data import FlameNode
from lab.report.flame import graphs, of_service, of_span, tree
from tests.lab.literal_recordings import (
    ALIGNMENT,
    IDLE_LOOP,
    IDLE_WORKER,
    READ,
    RERANK,
    SCORE,
    WORKER,
    aligned,
    stay,
)
from tests.lab.literal_traces import MS, T0_US, mystery
from tests.lab.measure.test_measurement_json import SCORED, WHOLE

SCORE_LATER = Frame(SCORE.function, SCORE.file, 90)


def check(node: FlameNode) -> None:
    """No node's children take more than it does, and they come in order of their time."""
    times = [child.value_ms for child in node.children]
    assert sum(times) <= node.value_ms + 1e-6
    assert times == sorted(times, reverse=True)
    for child in node.children:
        check(child)


def test_a_tree_holds_the_stacks_with_lines_of_one_function_together() -> None:
    """A function is at the line with most of its time; what ends in it is its own."""
    found = tree(
        "score",
        {
            (WORKER, RERANK, SCORE): 30.0,
            (WORKER, RERANK, SCORE_LATER, ALIGNMENT): 300.0,
            (WORKER, RERANK): 50.0,
        },
    )
    check(found)
    assert (found.name, found.value_ms) == ("score", 380.0)
    rerank = found.children[0].children[0]
    assert (rerank.name, rerank.file, rerank.value_ms) == (
        "Retriever.rerank",
        "services/retriever/service.py",
        380.0,
    )
    (score,) = rerank.children
    assert (score.line, score.value_ms, score.is_own) == (90, 330.0, True)
    assert [(child.name, child.value_ms) for child in score.children] == [("alignment", 300.0)]
    assert not found.children[0].is_own


def depth(node: FlameNode) -> int:
    """The levels of a tree."""
    levels, nodes = 0, [node]
    while nodes:
        levels, nodes = levels + 1, [child for one in nodes for child in one.children]
    return levels


def test_recursion_is_drawn_to_a_depth_that_can_be_looked_at() -> None:
    """However deep the stack was: what the recursion calls is still there, with all of its time."""
    fall = Frame("fall", SCORE.file, 1)
    catch = Frame("catch", SCORE.file, 2)
    found = tree(
        "score",
        {(SCORE, *[fall] * 900, ALIGNMENT): 100.0, (SCORE, *[fall, catch] * 900, ALIGNMENT): 50.0},
    )
    assert 10 < depth(found) < 40
    leaves, nodes = [], [found]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if not node.children:
            leaves.append((node.name, node.value_ms))
    assert leaves == [("alignment", 50.0), ("alignment", 100.0)]


def test_a_tree_may_be_deeper_than_python_calls() -> None:
    """A thousand functions that call each other once."""
    stack = tuple(Frame(f"f{number}", SCORE.file, 1) for number in range(1500))
    assert depth(tree("score", {stack: 10.0})) == 1501


def test_hairs_are_left_out() -> None:
    """What takes less than a thousandth would not be seen."""
    found = tree("score", {(RERANK,): 1000.0, (WORKER,): 0.5})
    assert [child.name for child in found.children] == ["Retriever.rerank"]


def test_a_tree_of_nothing_is_empty() -> None:
    """A span without samples has no children."""
    assert tree("score", {}).children == ()


def test_a_spans_graph_is_named_by_the_span() -> None:
    """It tells service, place and samples."""
    found = of_span(SCORED)
    assert (found.title, found.place, found.samples) == ("score (retriever)", SCORED.place, 80)
    assert found.tree.value_ms == pytest.approx(400)


def test_a_services_graph_has_its_threads_without_those_that_only_wait() -> None:
    """Means of one of two replays, in the requests' time only."""
    recording = aligned(
        stay(7, (0, 100), *IDLE_WORKER),
        stay(7, (100, 400), WORKER, RERANK),
        stay(7, (400, 1000), *IDLE_WORKER),
        stay(8, (0, 1000), WORKER, READ),
        stay(1, (0, 1000), *IDLE_LOOP),
    )
    times = [(T0_US, T0_US + 200 * MS), (T0_US + 300 * MS, T0_US + 500 * MS)]
    found = of_service("retriever", recording, times, 2, 100)
    check(found.tree)
    assert (found.title, found.place) == ("retriever, all threads", None)
    assert [(one.name, one.value_ms) for one in found.tree.children] == [("thread 7", 200)]
    assert found.samples == 40


def test_the_wanted_span_comes_first_then_the_others_then_the_services() -> None:
    """The reader sees the guilty span's graph first."""
    other = replace(SCORED, place=(*SCORED.place[:1], ("retriever", "embed")))
    empty = replace(SCORED, place=(*SCORED.place[:1], ("retriever", "load")), stacks={})
    measurement = replace(WHOLE, spans=(SCORED, empty, other))
    recording = aligned(stay(7, (0, 400), WORKER, RERANK))
    found = graphs(measurement, {"retriever": recording}, [mystery()], other.place, 100)
    assert [one.title for one in found] == [
        "embed (retriever)",
        "score (retriever)",
        "retriever, all threads",
    ]
