"""The evidence that several checks share, gathered once and side by side."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from checks.background import each, start
from checks.telemetry import Telemetry, parse
from checks.window import HOUR_S
from lab.errors import LabError, UnavailableError
from lab.settings import Settings
from lab.stack import containers
from lab.traces.http_json import JsonApi
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Trace
from lab.traffic import ledger
from lab.traffic.ledger import Sent
from services.telemetry.conventions import ROOT_SPAN, SERVICES

GATEWAY = SERVICES[0]
TRACED = (*SERVICES, "jaeger")
# A container's start is not yet its program's.
START_S = 3.0
MAX_QUERIES = 300
MAX_ELSEWHERE = 25
TELEMETRY_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Held:
    """What Jaeger holds of the last hour, the newest of it where it is much.

    ``queries`` are the traces of the gateway's requests; from ``since_s`` on they are all there.
    ``elsewhere`` are traces found by the spans of the other services.
    """

    queries: tuple[Trace, ...]
    elsewhere: tuple[Trace, ...]
    since_s: float


@dataclass(frozen=True)
class Sources:
    """Evidence under way. Asking a future for its result raises what kept it from being had.

    ``started`` maps a container's service to when it started, seconds since the epoch.
    """

    settings: Settings
    now_s: float
    started: Future[Mapping[str, float | LabError]]
    held: Future[Held]
    ledger: Future[tuple[Sent, ...]]
    telemetry: Future[Mapping[str, Telemetry | LabError]]

    def since_s(self, *also: str) -> float:
        """From when on the services that run now, Jaeger and these ``also`` have been there.

        What was traced before tells of an earlier configuration, or was lost while one was down.
        Raises UnavailableError where none runs.
        """
        started = self.started.result()
        known = [when for name in (*TRACED, *also) if isinstance(when := started[name], float)]
        if not known:
            raise UnavailableError(f"nothing of the lab runs: {started[GATEWAY]}")
        return max(known) + START_S


def gather(settings: Settings, now_s: float) -> Sources:
    """Start to gather everything; returns at once."""
    return Sources(
        settings,
        now_s,
        started=start(
            lambda: each(containers.SERVICES, lambda one: containers.started_s(settings, [one]))
        ),
        held=start(lambda: held_by_jaeger(settings, now_s)),
        ledger=start(lambda: ledger.read(settings, now_s - HOUR_S)),
        telemetry=start(lambda: each(SERVICES, lambda one: _telemetry(settings, one))),
    )


def held_by_jaeger(settings: Settings, now_s: float) -> Held:
    """Search the last hour. Raises UnavailableError where Jaeger doesn't answer."""
    hour_ago_us, now_us = int((now_s - HOUR_S) * 1e6), int(now_s * 1e6)
    with Jaeger(settings.url("jaeger")) as jaeger:
        queries = jaeger.traces(
            service=GATEWAY,
            operation=ROOT_SPAN,
            start_us=hour_ago_us,
            end_us=now_us,
            limit=MAX_QUERIES,
        )
        elsewhere = [
            trace
            for service in SERVICES
            if service != GATEWAY
            for trace in jaeger.traces(
                service=service, start_us=hour_ago_us, end_us=now_us, limit=MAX_ELSEWHERE
            )
        ]
    is_all = len(queries) < MAX_QUERIES
    oldest_us = hour_ago_us if is_all else min(trace.spans[0].start_us for trace in queries)
    return Held(tuple(queries), tuple(elsewhere), oldest_us / 1e6)


def is_found(sources: Sources, timeout_s: float) -> bool:
    """Whether any container of the lab runs, as far as the engine tells within the time."""
    try:
        started = sources.started.result(timeout_s)
    except LabError:
        return False
    except TimeoutError:
        return True
    return any(isinstance(when, float) for when in started.values())


def _telemetry(settings: Settings, service: str) -> Telemetry:
    if service != GATEWAY:
        return parse(service, containers.get_json(settings, service, "/telemetry"))
    with JsonApi("the gateway", settings.url(GATEWAY), TELEMETRY_TIMEOUT_S) as gateway:
        return parse(service, gateway.get("/telemetry").document)
