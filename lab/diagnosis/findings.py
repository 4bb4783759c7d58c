"""What a profile finds out, as the analysis hands it to the renderers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lab.cause import Cause
from lab.traces.spans import Place

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Slowest:
    """The span the request waited for longest.

    ``self_ms`` is its self time on the critical path (see lab.traces.folding), ``share`` (0 to 1)
    that of the whole request, ``ahead_of_next_ms`` the distance to ``next_name``
    (None if it is alone).
    """

    name: str
    service: str
    duration_ms: float
    self_ms: float
    share: float
    next_name: str | None
    ahead_of_next_ms: float


@dataclass(frozen=True)
class Below:
    """What a function's time is spent in below it: a library's function, or one written in C.

    ``ms`` of one replay; for functions in C it is the counted replay's.
    """

    name: str
    ms: float
    calls: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What to mend: the function with the largest avoidable part of the request's time, and why.

    ``function`` is the deepest function of the services' own code that the avoidable time is
    spent under, None where nothing tells; ``self_ms`` and ``total_ms`` are its time in the span,
    of one replay, ``calls`` how often the counted replay saw it there. With the cause "none" all
    of these are None. ``evidence`` speaks for the verdict, ``against`` against it or weakens it.
    ``exponents``: by kind of work, to which power of it the function's time grows.
    """

    cause: Cause
    confidence: Confidence
    evidence: tuple[str, ...]
    hypothesis: str
    next_step: str
    against: tuple[str, ...] = ()
    span: str | None = None
    service: str | None = None
    function: str | None = None
    file: str | None = None
    line: int | None = None
    self_ms: float | None = None
    total_ms: float | None = None
    calls: int | None = None
    avoidable_ms: float | None = None
    below: tuple[Below, ...] = ()
    exponents: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Contributor:
    """One span's part in the replayed request's time.

    ``avoidable_ms`` is what it takes beyond what it needs, None where nothing tells that.
    """

    span: str
    service: str
    function: str | None
    cause: Cause
    critical_ms: float
    avoidable_ms: float | None


@dataclass(frozen=True)
class FunctionCost:
    """Time of one function inside one span, of one replay; ``line`` is where it spent most.

    ``calls`` is what the counted replay saw, None where nobody counted.
    """

    function: str
    file: str
    line: int
    span: str
    service: str
    self_ms: float
    total_ms: float
    calls: int | None


@dataclass(frozen=True)
class ReferenceUsed:
    """The healthy measurement that this one was held against.

    ``machine_factor`` is by how much computing takes longer now than then, in code that has no
    other reason for it.
    """

    taken_s: float
    of_same_request: bool
    code_differs: bool
    machine_factor: float


@dataclass(frozen=True)
class Diagnosis:
    """The answer to "what should be mended?".

    ``wants_growth`` names the service whose time should be measured with more and less work
    before this is final, None if that would not tell anything new.
    """

    verdict: Verdict
    contributors: tuple[Contributor, ...]
    functions: tuple[FunctionCost, ...]
    guilty_place: Place | None
    wants_growth: str | None
    reference: ReferenceUsed | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Population:
    """The slowest span's duration in the other traces of the window, at the same place.

    ``longer`` is how many of those ``traces`` had a longer one.
    """

    traces: int
    median_ms: float
    p95_ms: float
    longer: int


@dataclass(frozen=True)
class Profile:
    """All that one `invoke profile` found.

    ``request_ms`` is the original trace's, ``replay_ms`` the median of the replays. ``measured``
    are sentences on how the numbers came about, ``artifacts`` absolute paths by kind.
    """

    trace_id: str
    trace_url: str
    request_ms: float
    replay_ms: float
    slowest: Slowest
    diagnosis: Diagnosis
    population: Population | None
    measured: tuple[str, ...]
    artifacts: Mapping[str, str]
