"""Stacks given to the spans they worked for."""

from lab.measure.attribution import Stretch, attribute, background, stacks_of, union, without
from lab.traces.spans import Place
from tests.lab.literal_recordings import (
    ALIGNMENT,
    EXPORT,
    IDLE_LOOP,
    IDLE_WORKER,
    JOIN,
    READ,
    REFRESH,
    RERANK,
    SCORE,
    WORKER,
    aligned,
    names,
    stay,
)
from tests.lab.literal_traces import MS, T0_US

LOOP_THREAD, WORKER_THREAD, OTHER_THREAD = 1, 7, 8
SERVER: Place = (("gateway", "POST /query"), ("retriever", "POST /rerank"))
INNER: Place = (*SERVER, ("retriever", "score"))


def stretch(
    place: Place, thread_id: int | None, at: tuple[float, float], began: float | None = None
) -> Stretch:
    """A span's own time in ms after the query's start; the span began there unless told."""
    start_us, end_us = (T0_US + round(ms * MS) for ms in at)
    began_us = start_us if began is None else T0_US + round(began * MS)
    return Stretch(place, thread_id, began_us, start_us, end_us)


def test_a_spans_own_thread_works_for_it() -> None:
    """What its thread did during its own time is the span's, clipped to that time."""
    seen = attribute(
        aligned(
            stay(WORKER_THREAD, (0, 100), WORKER, RERANK),
            stay(WORKER_THREAD, (100, 450), WORKER, RERANK, SCORE),
            stay(WORKER_THREAD, (450, 600), *IDLE_WORKER),
        ),
        [stretch(INNER, WORKER_THREAD, (90, 440))],
        (),
    )
    assert names(seen[INNER].stacks) == {
        ("WorkerThread.run", "Retriever.rerank"): 10_000,
        ("WorkerThread.run", "Retriever.rerank", "score"): 340_000,
    }
    assert names(seen[INNER].still) == {
        ("WorkerThread.run", "Retriever.rerank"): 10_000,
        ("WorkerThread.run", "Retriever.rerank", "score"): 340_000,
    }


def test_a_handler_on_a_worker_works_for_the_server_span_of_the_loop() -> None:
    """A sync handler's own time outside any child is found on its worker, not in `select`."""
    seen = attribute(
        aligned(
            stay(LOOP_THREAD, (0, 600), *IDLE_LOOP),
            stay(WORKER_THREAD, (0, 20), *IDLE_WORKER),
            stay(WORKER_THREAD, (20, 320), WORKER, RERANK),
            stay(WORKER_THREAD, (320, 600), *IDLE_WORKER),
        ),
        [stretch(SERVER, LOOP_THREAD, (10, 330))],
        (),
    )
    assert names(seen[SERVER].stacks) == {
        ("WorkerThread.run", "Retriever.rerank"): 300_000,
        ("BaseEventLoop._run_once", "EpollSelector.select"): 20_000,
    }


def test_each_place_gets_its_own_stretches() -> None:
    """The server span's time before and after its child is not the child's."""
    recording = aligned(
        stay(LOOP_THREAD, (0, 600), *IDLE_LOOP),
        stay(WORKER_THREAD, (0, 50), WORKER, RERANK),
        stay(WORKER_THREAD, (50, 550), WORKER, RERANK, SCORE, ALIGNMENT),
        stay(WORKER_THREAD, (550, 600), WORKER, RERANK),
    )
    seen = attribute(
        recording,
        [
            stretch(SERVER, LOOP_THREAD, (0, 50)),
            stretch(SERVER, LOOP_THREAD, (550, 600), began=0),
            stretch(INNER, WORKER_THREAD, (50, 550)),
        ],
        (),
    )
    assert names(seen[SERVER].stacks) == {("WorkerThread.run", "Retriever.rerank"): 100_000}
    assert sum(seen[INNER].stacks.values()) == 500_000


def test_a_span_that_uses_threads_gets_theirs_too() -> None:
    """Threads that the handler started worked for it at the same time as it waited."""
    seen = attribute(
        aligned(
            stay(WORKER_THREAD, (0, 100), WORKER, RERANK),
            stay(OTHER_THREAD, (20, 90), WORKER, SCORE),
        ),
        [stretch(INNER, WORKER_THREAD, (0, 100))],
        (),
    )
    assert names(seen[INNER].stacks) == {
        ("WorkerThread.run", "Retriever.rerank"): 100_000,
        ("WorkerThread.run", "score"): 70_000,
    }


def test_a_thread_that_computes_itself_waits_for_no_other() -> None:
    """Workers of other requests are in handlers too: they are not taken for the span's."""
    seen = attribute(
        aligned(
            stay(WORKER_THREAD, (0, 50), WORKER, RERANK, SCORE),
            stay(WORKER_THREAD, (50, 100), WORKER, RERANK, ALIGNMENT),
            stay(WORKER_THREAD, (100, 200), WORKER, RERANK, READ),
            stay(WORKER_THREAD, (200, 300), WORKER, RERANK, JOIN),
            stay(OTHER_THREAD, (0, 300), WORKER, SCORE),
        ),
        [stretch(INNER, WORKER_THREAD, (0, 300))],
        (),
    )
    assert names(seen[INNER].stacks)["WorkerThread.run", "score"] == 100_000


def test_telemetry_and_idle_threads_work_for_no_span() -> None:
    """An exporter's thread and a worker that waits for work are nobody's."""
    seen = attribute(
        aligned(
            stay(WORKER_THREAD, (0, 100), WORKER, RERANK),
            stay(OTHER_THREAD, (0, 100), WORKER, EXPORT),
            stay(9, (0, 100), *IDLE_WORKER),
        ),
        [stretch(INNER, WORKER_THREAD, (0, 100))],
        (),
    )
    assert list(names(seen[INNER].stacks)) == [("WorkerThread.run", "Retriever.rerank")]


def test_of_spans_at_the_same_time_the_thread_of_one_is_not_the_others() -> None:
    """Two spans open at once on two workers keep to their own; a third thread is the later's."""
    other: Place = (*SERVER, ("retriever", "embed"))
    seen = attribute(
        aligned(
            stay(WORKER_THREAD, (0, 100), WORKER, RERANK),
            stay(OTHER_THREAD, (0, 100), WORKER, SCORE),
            stay(9, (0, 100), WORKER, ALIGNMENT),
        ),
        [stretch(INNER, WORKER_THREAD, (0, 100)), stretch(other, OTHER_THREAD, (10, 100))],
        (),
    )
    assert names(seen[INNER].stacks) == {
        ("WorkerThread.run", "Retriever.rerank"): 100_000,
        ("WorkerThread.run", "alignment"): 10_000,
        ("WorkerThread.run", "score"): 10_000,
    }
    assert names(seen[other].stacks) == {
        ("WorkerThread.run", "score"): 90_000,
        ("WorkerThread.run", "alignment"): 90_000,
    }


def test_a_span_without_a_thread_gets_the_handlers_threads() -> None:
    """Where the span doesn't tell its thread, what is in handlers meanwhile is its."""
    seen = attribute(
        aligned(stay(WORKER_THREAD, (0, 100), WORKER, RERANK)), [stretch(INNER, None, (0, 60))], ()
    )
    assert sum(seen[INNER].stacks.values()) == 60_000


def test_a_thread_as_busy_beside_the_requests_is_in_the_background() -> None:
    """A refresher that runs all the time works for no request, and is given to none."""
    recording = aligned(
        stay(WORKER_THREAD, (0, 1000), *IDLE_WORKER),
        stay(WORKER_THREAD, (1000, 1500), WORKER, RERANK),
        stay(WORKER_THREAD, (1500, 3000), *IDLE_WORKER),
        stay(OTHER_THREAD, (0, 3000), WORKER, REFRESH),
        stay(9, (1000, 1400), WORKER, SCORE),
        stay(9, (1400, 3000), WORKER, READ),
    )
    spans = [stretch(INNER, WORKER_THREAD, (1000, 1500))]
    open_times = [(spans[0].start_us, spans[0].end_us)]
    found = background(recording, spans, open_times)
    assert found == {OTHER_THREAD}
    seen = attribute(recording, spans, found)
    assert ("WorkerThread.run", "refresh") not in names(seen[INNER].stacks)
    assert ("WorkerThread.run", "score") in names(seen[INNER].stacks)
    assert names(dict(stacks_of(recording, OTHER_THREAD, open_times))) == {
        ("WorkerThread.run", "refresh"): 500_000
    }


def test_a_handler_that_ends_a_little_late_is_not_in_the_background() -> None:
    """Clocks that are some milliseconds apart make no thread a background one."""
    recording = aligned(
        stay(OTHER_THREAD, (990, 1540), WORKER, RERANK),
        stay(OTHER_THREAD, (1540, 3000), *IDLE_WORKER),
        stay(WORKER_THREAD, (0, 3000), *IDLE_WORKER),
    )
    spans = [stretch(INNER, WORKER_THREAD, (1000, 1500))]
    assert background(recording, spans, [(spans[0].start_us, spans[0].end_us)]) == frozenset()


def test_times_are_joined_and_cut_out() -> None:
    """Times that meet become one; what is cut out leaves the rest in order."""
    assert union([(5, 9), (1, 3), (2, 4), (9, 10)]) == [(1, 4), (5, 10)]
    assert without((0, 10), [(1, 4), (5, 8)]) == [(0, 1), (4, 5), (8, 10)]
    assert without((2, 6), [(0, 3), (5, 9)]) == [(3, 5)]
    assert without((2, 6), [(0, 9)]) == []
    assert without((2, 6), []) == [(2, 6)]
