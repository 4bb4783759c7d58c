"""What coroutines wait for: sleeps, locks, pools, and tasks of their own."""

import pytest

from lab.diagnosis.coroutines import awaits, by_chain
from lab.measure.measurement import Awaited, Measurement
from lab.measure.stacks import Frame, Stack
from tests.lab.literal_measurements import (
    IDLE,
    LIB,
    QUERYING,
    SITE,
    changed,
    counts_with,
    healthy,
    judged,
    own,
    span,
)

HANDLING = (Frame("RequestResponseCycle.run_asgi", SITE + "uvicorn/protocols/http/h11_impl.py", 9),)
ASKING = (*HANDLING, own("Pipeline._retrieve", "gateway/pipeline.py", 120))
TRYING = (*ASKING, own("Upstream._try", "gateway/upstream.py", 90))
EVENT = Frame("Event.wait", LIB + "asyncio/locks.py", 213)
ANSWERED = (*TRYING, Frame("AsyncClient.post", SITE + "httpx/_client.py", 1859), EVENT)
SLEEP = Frame("sleep", LIB + "asyncio/tasks.py", 702)
ACQUIRE = Frame("Lock.acquire", LIB + "asyncio/locks.py", 113)
CHILD = (own("Pipeline._later", "gateway/pipeline.py", 200), SLEEP)
POOLED = (
    *ASKING,
    Frame("Pool._acquire.<locals>._acquire_impl", SITE + "asyncpg/pool.py", 900),
    Frame("Queue.get", LIB + "asyncio/queues.py", 183),
)


def waiting(ms: float, *chains: Stack) -> Measurement:
    """The gateway waits so much longer; each chain was seen to wait as long beside the answer."""
    total_ms = 12 + ms
    more = tuple(Awaited("gateway", "retrieve", chain, ms) for chain in chains)
    return changed(
        healthy(),
        span("retrieve", (total_ms,) * 3, {IDLE: 8 + ms, QUERYING: 4}, cpu_ms=(4.0,) * 3),
        counts=counts_with(awaited=(Awaited("gateway", "retrieve", ANSWERED, 600.0), *more)),
    )


REFERENCE = waiting(0)


@pytest.mark.parametrize(
    ("chain", "kind"),
    [
        (ANSWERED, "io"),
        (CHILD, "sleep"),
        ((*ASKING, ACQUIRE), "lock"),
        ((*ASKING, Frame("Semaphore.acquire", LIB + "asyncio/locks.py", 403)), "lock"),
        ((*ASKING, Frame("Condition.wait", LIB + "asyncio/locks.py", 281)), "lock"),
        (POOLED, "pool"),
        ((*ASKING, Frame("BlockingConnectionPool.get_connection",
                         SITE + "redis/asyncio/connection.py", 1400), EVENT), "pool"),
        ((*ASKING, Frame("run_in_threadpool", SITE + "starlette/concurrency.py", 34),
          Frame("AsyncIOBackend.run_sync_in_worker_thread",
                SITE + "anyio/_backends/_asyncio.py", 2779)), "io"),
    ],
)  # fmt: skip
def test_the_innermost_frames_tell_what_is_awaited(chain: Stack, kind: str) -> None:
    """A library's event is what every answer is waited for with."""
    assert awaits(chain) == kind


def test_a_chain_that_only_awaits_a_task_is_left_out_where_the_tasks_own_is_there() -> None:
    """But not where the task's own is missing: an executor's future has no chain."""
    parent = Awaited("gateway", "retrieve", ASKING, 200.0)
    child = Awaited("gateway", "retrieve", CHILD, 200.0)
    answer = Awaited("gateway", "retrieve", ANSWERED, 600.0)
    assert by_chain([parent, child, answer]) == {CHILD: 200.0, ANSWERED: 600.0}
    assert by_chain([parent, answer]) == {ASKING: 200.0, ANSWERED: 600.0}


@pytest.mark.parametrize("ms", [200, 400])
def test_a_sleep_in_a_child_task_names_the_task(ms: float) -> None:
    """Its parent and its siblings' upstream are innocent."""
    found = judged(waiting(ms, ASKING, CHILD), REFERENCE)
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "Pipeline._later")


@pytest.mark.parametrize(
    ("chain", "cause"), [((*ASKING, ACQUIRE), "lock_wait"), (POOLED, "pool_wait")]
)
@pytest.mark.parametrize("reference", [REFERENCE, None])
def test_an_awaited_lock_or_pool_is_no_io(
    chain: Stack, cause: str, reference: Measurement | None
) -> None:
    """With a reference, and by itself."""
    found = judged(waiting(250, chain), reference)
    assert (found.verdict.cause, found.verdict.function) == (cause, "Pipeline._retrieve")


def test_a_sleep_among_healthy_waits_names_who_sleeps() -> None:
    """Without a reference nothing takes the healthy wait for the answer away."""
    found = judged(waiting(300, (*ASKING, SLEEP)))
    assert (found.verdict.cause, found.verdict.function) == ("io_wait", "Pipeline._retrieve")
