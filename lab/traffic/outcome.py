"""How one request to the gateway ended, read off its answer."""

import re
from dataclasses import dataclass

import httpx

from lab.traffic.scenario import Request
from services.telemetry.conventions import TRACERESPONSE

TRACERESPONSE_PATTERN = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
SAMPLED_FLAG = 1


@dataclass(frozen=True)
class Outcome:
    """How one request ended.

    ``sent_s`` is when it was sent, since the epoch. ``latency_ms`` counts from when it was meant
    to start, ``service_ms`` from when it was sent. ``status`` is HTTP's, None where no answer came;
    ``error`` says in a word or two what was wrong, nothing for a good answer. ``sampled`` is None
    where the answer didn't tell.
    """

    request: Request
    sent_s: float
    latency_ms: float
    service_ms: float
    status: int | None = None
    error: str = ""
    trace_id: str = ""
    sampled: bool | None = None
    forced: bool = False
    cached: bool = False

    @property
    def ok(self) -> bool:
        return not self.error


@dataclass(frozen=True)
class Told:
    """What an answer says: its error, whether it came from the cache, its trace."""

    error: str = ""
    cached: bool = False
    trace_id: str = ""
    sampled: bool | None = None


def read(answer: httpx.Response) -> Told:
    """Read the gateway's answer, be it the one that was hoped for or not."""
    trace_id, sampled = _decision(answer.headers.get(TRACERESPONSE, ""))
    if not answer.is_success:
        return Told(f"HTTP {answer.status_code}", False, trace_id, sampled)
    try:
        cached = answer.json()["cached"]
    except (ValueError, KeyError, TypeError):
        return Told("not an answer", False, trace_id, sampled)
    return Told("", cached is True, trace_id, sampled)


def failure(failed: httpx.HTTPError) -> str:
    """A word or two on why no answer came."""
    if isinstance(failed, httpx.TimeoutException):
        return "timeout"
    return "no connection" if isinstance(failed, httpx.ConnectError) else type(failed).__name__


def _decision(traceresponse: str) -> tuple[str, bool | None]:
    found = TRACERESPONSE_PATTERN.fullmatch(traceresponse)
    if found is None:
        return "", None
    return found[1], bool(int(found[2], 16) & SAMPLED_FLAG)
