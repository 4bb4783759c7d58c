"""What a profile finds out, as the analysis hands it to the renderers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lab.clock import Clock
from lab.cuts import FunctionTime

Cause = Literal[
    "cpu",
    "io_wait",
    "inefficient_algorithm",
    "redundant_tokens",
    "lock_wait",
    "pool_wait",
    "event_loop_blocked",
    "retry_storm",
    "none",
    "unclear",
]
Confidence = Literal["high", "medium", "low"]

LABELS: Mapping[Cause, str] = {
    "cpu": "CPU-bound",
    "io_wait": "I/O-bound",
    "inefficient_algorithm": "inefficient algorithm",
    "redundant_tokens": "redundant tokens",
    "lock_wait": "waiting for a lock",
    "pool_wait": "waiting for a connection pool",
    "event_loop_blocked": "event loop blocked",
    "retry_storm": "retry storm",
    "none": "no bottleneck beyond the provider's own time",
    "unclear": "unclear",
}


@dataclass(frozen=True)
class Slowest:
    """The span the request waited for longest.

    ``self_ms`` is its self time on the critical path (see lab.folding), ``share`` (0 to 1) that of
    the whole request, ``ahead_of_next_ms`` the distance to ``next_name`` (None if it is alone).
    """

    name: str
    service: str
    duration_ms: float
    self_ms: float
    share: float
    next_name: str | None
    ahead_of_next_ms: float


@dataclass(frozen=True)
class Verdict:
    """Why the span is slow.

    ``function`` is the deepest function of the services' own code that the time is spent under,
    None where the samples don't tell.
    """

    cause: Cause
    confidence: Confidence
    evidence: tuple[str, ...]
    hypothesis: str
    next_step: str
    function: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Contributor:
    """One span's part in the request's time; ``avoidable_ms`` is None while nobody judged it."""

    span: str
    service: str
    function: str | None
    cause: Cause
    critical_ms: float
    avoidable_ms: float | None = None


@dataclass(frozen=True)
class Recordings:
    """How the samples came about.

    ``replays`` are those that were cut, ``samples`` those inside the span; ``wall_clock`` tells
    whether py-spy's own pictures hold waiting threads.
    """

    service: str
    container_id: str
    seconds: int
    replays: int
    samples: int
    rate_hz: int
    clock: Clock
    wall_clock: bool
    cost_usd: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """All that one `invoke profile` found. ``artifacts`` are absolute paths by kind."""

    trace_id: str
    trace_url: str
    request_ms: float
    slowest: Slowest
    verdict: Verdict
    contributors: tuple[Contributor, ...]
    functions: tuple[FunctionTime, ...]
    recordings: Recordings
    artifacts: Mapping[str, str]
