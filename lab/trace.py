"""`invoke trace`: the trace of that id, or the slowest that fits."""

from dataclasses import dataclass

from lab.duration import parse_us, seconds
from lab.errors import LabError, UnavailableError, UsageError
from lab.settings import Settings
from lab.traces import datadog, jaeger
from lab.traces.jaeger import Jaeger, checked_id
from lab.traces.spans import Trace
from lab.traffic import ledger
from lab.traffic.replay import is_replay
from services.telemetry.conventions import RETENTION_DAYS, USER_ID

US_PER_S = 1_000_000
DEFAULT_SINCE = "24h"


@dataclass(frozen=True)
class Filters:
    """Which traces to look among: the last ``since_s`` seconds, with the rest if given."""

    since_s: float = 86_400.0
    min_duration_us: int | None = None
    user_id: str | None = None

    @property
    def narrows(self) -> bool:
        return self.min_duration_us is not None or self.user_id is not None

    def __str__(self) -> str:
        told = [f"in the last {seconds(self.since_s)}"]
        if self.min_duration_us is not None:
            told.append(f"of at least {self.min_duration_us / 1000:g} ms")
        if self.user_id is not None:
            told.append(f"of user {self.user_id}")
        return " ".join(told)


def filters(
    *, since: str | None = None, min_duration: str | None = None, user_id: str | None = None
) -> Filters:
    """The filters as given on the command line. Raises UsageError for one that can't be read."""
    since_us = parse_us(since or DEFAULT_SINCE, "--since")
    if not since_us:
        raise UsageError(f"--since is {since!r}; nothing begins in no time")
    least_us = parse_us(min_duration, "--min-duration") if min_duration else None
    return Filters(since_us / US_PER_S, least_us, user_id or None)


def find(settings: Settings, trace_id: str | None, wanted: Filters) -> Trace:
    """The trace of that id, or without one the slowest query that passes the filters.

    Raises UsageError for an impossible id, LabError where there is no such trace and
    UnavailableError where Jaeger isn't there.
    """
    with Jaeger(settings.url("jaeger")) as api:
        if trace_id is None:
            return _slowest(api, wanted)
        return _by_id(settings, api, checked_id(trace_id))


def urls(settings: Settings, trace_id: str) -> tuple[str, str]:
    """Where a trace is shown: by Jaeger, and by Datadog's test agent."""
    return (
        jaeger.trace_url(settings.url("jaeger"), trace_id),
        datadog.trace_url(settings.url("datadog-ui"), trace_id),
    )


def _by_id(settings: Settings, api: Jaeger, trace_id: str) -> Trace:
    found = api.trace(trace_id)
    if found is not None:
        return found
    sent = next((one for one in ledger.read(settings) if one.trace_id == trace_id), None)
    if sent is not None and not sent.sampled:
        why = "its request was sent but not sampled, as nine in ten aren't"
    elif sent is not None:
        why = "its request was sampled, so it is still on its way (5 s) or was lost"
    else:
        why = (
            "it was not sampled (nine in ten aren't), is still on its way (5 s) or is older than "
            f"{RETENTION_DAYS} days"
        )
    raise LabError(f"Jaeger has no trace {trace_id}: {why}; `invoke trace` shows the slowest")


def _slowest_of_users(api: Jaeger, wanted: Filters) -> Trace | None:
    """Replays left out, which py-spy makes slower, unless there are too many to go through."""
    tags = {USER_ID: wanted.user_id} if wanted.user_id else None
    least_us = wanted.min_duration_us
    try:
        return api.slowest(
            since_s=wanted.since_s, tags=tags, min_duration_us=least_us, skip=is_replay
        )
    except UnavailableError:
        raise
    except LabError:
        return api.slowest(since_s=wanted.since_s, tags=tags, min_duration_us=least_us)


def _slowest(api: Jaeger, wanted: Filters) -> Trace:
    found = _slowest_of_users(api, wanted)
    if found is not None:
        return found
    without = api.slowest(since_s=wanted.since_s) if wanted.narrows else None
    if without is not None:
        raise LabError(
            f"there is no query {wanted}; the slowest of all took {without.root.duration_ms:,.0f} "
            f"ms (user {without.root.attributes.get(USER_ID, 'unknown')}): ask for less"
        )
    raise LabError(
        f"there is no trace of a query in the last {seconds(wanted.since_s)}; send some with "
        "`invoke traffic` (one in ten is sampled, and arrives within 5 s)"
    )
