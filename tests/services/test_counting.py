"""Counting calls: what is told of them, by span, with their callers and arguments."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Tracer

from services.telemetry import arguments, counting, tally
from services.telemetry.counting import Counter
from services.telemetry.owners import Owners
from services.telemetry.tally import merged, rows
from tests.services.calls import counted_by

Rows = dict[str, dict[str, Any]]


def words(text: str) -> list[str]:
    """Calls a function of a library, and C functions."""
    json.loads("[]")
    return text.split(" ")


def score(texts: list[str]) -> int:
    """Calls a function of our own for each text."""
    return sum(len(words(text)) for text in texts)


def outer(texts: list[str]) -> int:
    """Calls one twice."""
    return score(texts) + score(texts)


def failing() -> None:
    """Calls a C function that raises."""
    with pytest.raises(ValueError, match="invalid literal"):
        int("no number")


@pytest.fixture
def tracer() -> Tracer:
    """A tracer of the test's own; what is global stays as it is."""
    return TracerProvider().get_tracer("test")


class Counted:
    """A counter that takes this file for our own code."""

    def __init__(self, trace_id: int) -> None:
        self.counter = Counter(Owners(f"{trace_id:032x}"), lambda _: None, own=__file__)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with counted_by(self.counter, __file__):
            yield

    def rows(self) -> list[dict[str, Any]]:
        return rows(merged(self.counter.tallies), self.counter.functions)

    def by_name(self, span: str) -> Rows:
        return {one["function"]: one for one in self.rows() if one["span"] == span}


@contextmanager
def armed(tracer: Tracer, name: str = "score") -> Iterator[Counted]:
    """A span of the trace that is counted is the current one."""
    with tracer.start_as_current_span(name) as span:
        yield Counted(span.get_span_context().trace_id)


def test_calls_are_counted_by_function_and_span(tracer: Tracer) -> None:
    """Each function once for each call, under the span that is open then."""
    with armed(tracer) as counted, counted():
        score(["a b", "c"])
        with tracer.start_as_current_span("embed"):
            words("a")
    assert counted.by_name("score")["words"]["calls"] == 2
    assert counted.by_name("embed")["words"]["calls"] == 1
    found = counted.by_name("score")["score"]
    assert (found["calls"], found["file"]) == (1, __file__)
    assert found["line"] == score.__code__.co_firstlineno


def test_equal_arguments_are_told_from_different_ones(tracer: Tracer) -> None:
    """Four calls with two texts, two calls with one list."""
    with armed(tracer) as counted, counted():
        outer(["a b", "c"])
    assert counted.by_name("score")["words"]["calls"] == 4
    assert counted.by_name("score")["words"]["distinct_arguments"] == 2
    assert counted.by_name("score")["score"]["distinct_arguments"] == 1
    assert counted.by_name("score")["score.<locals>.<genexpr>"]["distinct_arguments"] is None


def test_the_caller_is_the_nearest_function_of_our_own(tracer: Tracer) -> None:
    """Of our own functions and of those of a library that one of ours called."""
    with armed(tracer) as counted, counted():
        outer(["a b"])
    found = counted.by_name("score")
    assert found["score"]["caller"] == "outer"
    assert found["words"]["caller"] == "score.<locals>.<genexpr>"
    assert found["loads"]["caller"] == "words"
    assert found["loads"]["distinct_arguments"] is None
    assert "JSONDecoder.decode" not in found


def test_what_may_go_on_in_another_span_is_told(tracer: Tracer) -> None:
    """A generator, not a plain function."""

    def each(texts: list[str]) -> Iterator[int]:
        for text in texts:
            yield len(words(text))

    with armed(tracer) as counted, counted():
        sum(each(["a b"]))
    found = {name.rpartition(".")[2]: one for name, one in counted.by_name("score").items()}
    assert (found["each"]["suspends"], found["words"]["suspends"]) == (True, False)


def test_c_functions_are_counted_at_their_lines(tracer: Tracer) -> None:
    """Name, line and how often; how long and with how much CPU is what the clocks say."""
    with armed(tracer) as counted:
        ticks, used = count(step=1_000_000), count(step=250_000)
        counted.counter = Counter(
            counted.counter._owners,
            lambda _: None,
            own=__file__,
            clock_ns=lambda: next(ticks),
            cpu_time_ns=lambda: next(used),
        )
        with counted():
            words("a b")
            words("c")
    (split,) = counted.by_name("score")["words"]["builtins"]
    line = words.__code__.co_firstlineno + 3
    assert (split["callee"], split["line"], split["calls"]) == ("str.split", line, 2)
    assert (split["total_ms"], split["cpu_ms"]) == (2.0, 0.5)


def waiting(seconds: float) -> int:
    """Waits in C, then computes in C."""
    time.sleep(seconds)
    return sum(range(1_000_000))


def test_waiting_in_c_is_told_from_computing_there(tracer: Tracer) -> None:
    """By the thread's own clock, which can't use more than passes by."""
    with armed(tracer) as counted, counted():
        for _ in range(3):
            waiting(0.02)
    found = {one["callee"]: one for one in counted.by_name("score")["waiting"]["builtins"]}
    sleep, added = found["time.sleep"], found["sum"]
    assert sleep["total_ms"] >= 60
    assert sleep["cpu_ms"] < 0.3 * sleep["total_ms"]
    assert 0 < added["cpu_ms"] <= added["total_ms"]


def test_a_c_function_that_raises_has_ended(tracer: Tracer) -> None:
    """Its time is counted, and the next call is timed anew."""
    with armed(tracer) as counted, counted():
        failing()
        words("a")
    assert [one for tally in counted.counter.tallies for one in tally.pending] == []


def test_other_traces_and_none_are_left_out(tracer: Tracer) -> None:
    """A span of another trace, or no span: nothing is counted."""
    with armed(tracer) as counted, counted():
        with tracer.start_as_current_span("other", context=context.Context()):
            words("a")
        token = context.attach(context.Context())
        words("a")
        context.detach(token)
    assert "words" not in {one["function"] for one in counted.rows()}


def test_a_thread_can_be_left_out(tracer: Tracer) -> None:
    """A thread that only looks is not counted, though it enters the request's context."""
    with armed(tracer) as counted:
        present = context.get_current()

        def look() -> None:
            counted.counter.leave_out()
            context.attach(present)
            with counted():
                words("a")

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert counted.rows() == []


def test_client_spans_of_libraries_count_as_the_span_they_are_in(tracer: Tracer) -> None:
    """Nested ones too; a client span that the application made counts as itself."""
    with armed(tracer, "retrieve") as counted, counted():
        words("a")
        with (
            tracer.start_as_current_span("POST", kind=SpanKind.CLIENT),
            tracer.start_as_current_span("connect", kind=SpanKind.CLIENT),
        ):
            words("a")
        with tracer.start_as_current_span("pinecone.query", kind=SpanKind.CLIENT):
            words("a")
    by_span = {one["span"]: one["calls"] for one in counted.rows() if one["function"] == "words"}
    assert by_span == {"retrieve": 2, "pinecone.query": 1}


def test_a_function_is_counted_up_to_a_limit(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From then on it costs nothing; a C function at one place likewise, and arguments."""
    monkeypatch.setattr(counting, "MOST_CALLS", 5)
    monkeypatch.setattr(counting, "MOST_C_CALLS", 3)
    monkeypatch.setattr(counting, "MOST_DISTINCT", 4)
    with armed(tracer) as counted, counted():
        for number in range(9):
            words(str(number))
    found = counted.by_name("score")["words"]
    assert (found["calls"], found["distinct_arguments"]) == (5, 4)
    assert found["builtins"][0]["calls"] == 3


def test_arguments_are_unknown_where_there_is_too_much_of_them(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls are counted on; another function's arguments are still told."""
    monkeypatch.setattr(arguments, "MOST_VALUES", 30)
    with armed(tracer) as counted, counted():
        for number in range(9):
            score([str(number)] * 4)
        failing()
    found = counted.by_name("score")
    assert (found["score"]["calls"], found["score"]["distinct_arguments"]) == (9, None)
    assert found["failing"]["distinct_arguments"] == 1


def test_counting_ends_when_there_is_too_much(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request of very many calls is not slowed down for all of them."""
    monkeypatch.setattr(counting, "MOST_EVENTS", 20)
    with armed(tracer) as counted, counted():
        for number in range(100):
            words(str(number))
    assert counted.counter.is_full
    assert counted.by_name("score")["words"]["calls"] < 20


def test_all_that_runs_in_the_services_is_own_code() -> None:
    """What they use of seed/, too."""
    found = {
        name: getattr(find_spec(name), "origin", "").startswith(counting.OWN)
        for name in ("services.retriever.scoring", "seed.embedding", "json")
    }
    assert found == {"services.retriever.scoring": True, "seed.embedding": True, "json": False}


def test_what_switches_faults_is_no_part_of_the_work() -> None:
    """The functions left out are in files that there are."""
    assert len(counting.LEFT_OUT) == 4
    assert all(Path(name).is_file() for name in counting.LEFT_OUT)


def test_rare_calls_within_a_library_are_not_told() -> None:
    """A library's function is told if our code calls it, or if it is called very often."""
    one = tally.Function.of(json.loads.__code__, is_own=False)
    two = tally.Function.of(json.dumps.__code__, is_own=False)
    ours = tally.Function.of(words.__code__, is_own=True)
    functions = {1: one, 2: two, 3: ours}
    calls = {("score", 1, 0): 99, ("score", 2, 0): 100, ("embed", 1, 3): 1, ("score", 3, 0): 1}
    told = rows(tally.Tally(calls=calls), functions)
    assert [(row["span"], row["function"]) for row in told] == [
        ("score", "dumps"),
        ("embed", "loads"),
        ("score", "words"),
    ]


def test_threads_are_told_together() -> None:
    """Calls add up, arguments unite, times add up."""
    place = ("score", 3, 0, "split")
    first = tally.Tally(
        {("score", 3, 0): 2}, {("score", 3): {1, 2}}, {place: tally.Site("str.split", 2, 10, 4)}
    )
    second = tally.Tally(
        {("score", 3, 0): 3}, {("score", 3): {2, 3}}, {place: tally.Site("str.split", 3, 5, 5)}
    )
    whole = merged([first, second])
    assert whole.calls == {("score", 3, 0): 5}
    assert whole.arguments == {("score", 3): {1, 2, 3}}
    assert whole.sites == {place: tally.Site("str.split", 5, 15, 9)}
