"""Recordings of one query, written down: what the threads did, on the clock of literal_traces."""

from lab.measure.alignment import Aligned
from lab.measure.clock import Clock
from lab.measure.stacks import Frame, Stack, Stay, Timeline
from tests.lab.literal_traces import MS, T0_US

LIB = "/opt/venv/lib/python3.13/site-packages"
LOOP = Frame("BaseEventLoop._run_once", "/usr/lib/python3.13/asyncio/base_events.py", 2004)
SELECT = Frame("EpollSelector.select", "/usr/lib/python3.13/selectors.py", 452)
WORKER = Frame("WorkerThread.run", f"{LIB}/anyio/_backends/_asyncio.py", 1113)
GET = Frame("Queue.get", "/usr/lib/python3.13/queue.py", 202)
READ = Frame("SyncStream.read", f"{LIB}/httpcore/_backends/sync.py", 128)
JOIN = Frame("Thread.join", "/usr/lib/python3.13/threading.py", 1094)
RERANK = Frame("Retriever.rerank", "/app/services/retriever/service.py", 60)
SCORE = Frame("score", "/app/services/retriever/scoring.py", 87)
ALIGNMENT = Frame("alignment", "/app/services/retriever/scoring.py", 63)
REFRESH = Frame("refresh", "/app/services/retriever/refresh.py", 12)
EXPORT = Frame("export", "/app/services/telemetry/tracer.py", 9)

IDLE_LOOP: Stack = (LOOP, SELECT)
IDLE_WORKER: Stack = (WORKER, GET)


def stay(thread_id: int, at: tuple[float, float], *stack: Frame) -> Stay:
    """A thread's stack from ``at[0]`` to ``at[1]`` ms after the query's start."""
    return Stay(thread_id, round(at[0] * MS), round(at[1] * MS), stack)


def aligned(*stays: Stay) -> Aligned:
    """A recording that began with the query, its clock known."""
    ordered = tuple(sorted(stays, key=lambda one: (one.start_us, one.thread_id)))
    return Aligned(Timeline(ordered), Clock(T0_US, 1_000, 2_000, 4))


def names(stacks: dict[Stack, float] | dict[Stack, int]) -> dict[tuple[str, ...], float]:
    """Stacks by their functions' names."""
    return {tuple(frame.function for frame in stack): time for stack, time in stacks.items()}
