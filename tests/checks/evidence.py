"""Evidence already gathered, for checks that are run on it."""

from concurrent.futures import Future
from typing import TypeVar

from checks.sources import Held, Sources
from lab.errors import LabError
from lab.settings import Settings
from lab.stack.containers import SERVICES
from lab.traces.spans import Trace
from lab.traffic.ledger import Sent
from tests.checks.literal import NOW_S

T = TypeVar("T")
STARTED_S = NOW_S - 1800


def ready(result: T) -> "Future[T]":
    """A future that has ended with this result."""
    future: Future[T] = Future()
    future.set_result(result)
    return future


def failed(error: Exception) -> "Future[T]":
    """A future that has ended with this exception."""
    future: Future[T] = Future()
    future.set_exception(error)
    return future


def sources(
    *,
    queries: tuple[Trace, ...] = (),
    elsewhere: tuple[Trace, ...] = (),
    sent: tuple[Sent, ...] = (),
    started: dict[str, float | LabError] | None = None,
    settings: Settings | None = None,
) -> Sources:
    """Sources of a lab that started half an hour ago and holds these traces and requests."""
    everywhere: dict[str, float | LabError] = dict.fromkeys(SERVICES, STARTED_S)
    return Sources(
        settings or Settings(),
        NOW_S,
        started=ready({**everywhere, **(started or {})}),
        held=ready(Held(queries, elsewhere, NOW_S - 3600)),
        ledger=ready(sent),
        telemetry=ready({}),
    )
