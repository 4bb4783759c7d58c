"""What `invoke profile --memory` found."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab.memory.sites import Container, Kept
from lab.memory.slope import Growth


@dataclass(frozen=True)
class ServiceFinding:
    """One service. ``leak`` is None where it can't be told, ``why`` says it in words.

    ``kept`` is what its code keeps of each request, most first; None where its allocations weren't
    traced.
    """

    service: str
    leak: bool | None
    why: str
    growth: Growth
    kept: tuple[Kept, ...] | None


@dataclass(frozen=True)
class Verdict:
    """The one answer. ``service``, ``kept`` and ``holder`` are those of the largest leak, or of
    what can't be told.
    """

    leak: bool | None
    finding: ServiceFinding | None
    kept: Kept | None
    holder: Container | None
    hypothesis: str
    evidence: tuple[str, ...]
    next_step: str


@dataclass(frozen=True)
class Usage:
    """A container's memory before and after, without the page cache, and its limit (0: none)."""

    service: str
    before_bytes: int
    after_bytes: int
    limit_bytes: int


@dataclass(frozen=True)
class Traffic:
    """What was sent: ``requests`` in all, of which the first ``warm_up`` are not judged and the
    last ``traced`` were sent while allocations were traced.

    ``slowdown`` is how many times slower the traced ones were.
    """

    seed: int
    requests: int
    warm_up: int
    traced: int
    failed: int
    concurrency: int
    duration_s: float
    slowdown: float | None
    stopped_early: str = ""


@dataclass(frozen=True)
class Memory:
    """All of it."""

    verdict: Verdict
    services: tuple[ServiceFinding, ...]
    usage: tuple[Usage, ...]
    traffic: Traffic
    artifacts: Mapping[str, str]
