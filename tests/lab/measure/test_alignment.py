"""Several recordings on one clock."""

from dataclasses import replace

from lab.measure.alignment import BORROWED_ERROR_US, align
from lab.measure.stacks import Timeline
from lab.traces.spans import Trace
from tests.lab.literal_recordings import IDLE_LOOP, IDLE_WORKER, RERANK, SCORE, WORKER, stay
from tests.lab.literal_traces import MS, T0_US, mystery

PERIOD_US = 10_000
RETRIEVER = Timeline(
    (
        stay(7, (0, 175), *IDLE_WORKER),
        stay(7, (175, 575), WORKER, RERANK, SCORE),
        stay(7, (575, 4300), *IDLE_WORKER),
    )
)
GATEWAY = Timeline((stay(1, (0, 4300), *IDLE_LOOP),))


def test_a_service_is_aligned_by_the_span_whose_edges_its_samples_show() -> None:
    """`score` is seen 25 ms early, so py-spy's zero was 25 ms later, and half a period."""
    found = align({"retriever": (RETRIEVER, T0_US)}, [mystery()], PERIOD_US)
    clock = found["retriever"].clock
    assert clock.origin_us == T0_US + 25 * MS + PERIOD_US // 2
    assert (clock.edges, clock.error_us) == (2, 0)


def test_a_service_without_edges_borrows_the_others_delay() -> None:
    """An event loop alone can't be aligned: py-spy began as late there as beside the retriever."""
    recorded = {"gateway": (GATEWAY, T0_US - 1000), "retriever": (RETRIEVER, T0_US)}
    found = align(recorded, [mystery()], PERIOD_US)
    assert found["gateway"].clock.origin_us == T0_US - 1000 + 25 * MS + PERIOD_US // 2
    assert found["gateway"].clock.error_us == BORROWED_ERROR_US
    assert found["gateway"].clock.edges == 0


def test_without_any_edge_the_start_is_taken() -> None:
    """Spans that name no thread can't be looked for in the samples."""
    bare = Trace.of(replace(one, attributes={}) for one in mystery().spans)
    found = align({"retriever": (RETRIEVER, T0_US)}, [bare], PERIOD_US)
    assert found["retriever"].clock.origin_us == T0_US
    assert found["retriever"].clock.edges == 0
