"""What one request costs, replayed several times: by span, by stack, by call.

The one shape in which the present state, the healthy reference and the state before a fix are
compared. Capture fills it, the diagnosis reads it, nothing in here does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from lab.measure.stacks import Stack
from lab.traces.spans import Place


@dataclass(frozen=True)
class Request:
    """The request replayed. ``digest`` is the same for equal question, top_k, model and caching."""

    digest: str
    question_words: int
    top_k: int
    model: str
    use_cache: bool


@dataclass(frozen=True)
class ClientCalls:
    """Like client calls that one application span made itself (see lab.traces.facts.Calls).

    ``count`` and ``errors`` (an error status or an HTTP status of 400 and more) are means of one
    replay, ``own_ms`` too: their time without that of traced services that answered.
    ``statement`` is the SQL, Redis command or address they ask, literals replaced by `?`.
    ``failed_ms`` is the part of ``own_ms`` that the failed ones took.
    """

    path: tuple[str, ...]
    peer: str
    count: float
    errors: float
    own_ms: float
    extent_ms: float
    is_answered: bool
    statement: str = ""
    failed_ms: float = 0.0

    @property
    def label(self) -> str:
        path = " > ".join(f"`{name}`" for name in self.path)
        return f"{path} to {self.peer}" if self.peer else path


@dataclass(frozen=True)
class SpanCost:
    """One application span's cost, client calls folded in (see lab.traces.folding); spans of one
    place together.

    The tuples have one value for each replay, in milliseconds: ``critical_ms`` is the folded self
    time on the critical path, ``own_ms`` the folded self time, ``cpu_ms`` the CPU time that its
    thread used in that (None where the spans don't tell). ``stacks`` are the stacks of the threads
    that worked for the span during its own stretches, outermost frame first, in milliseconds of one
    replay (mean); they may add up to more than ``own_ms`` where two threads worked at once.
    ``still`` is the part of each stack's time in which it did not change for 100 ms or more.
    ``samples`` is how many samples the stacks rest on. ``tokens`` are its token attributes (mean).
    ``covers`` names other spans whose cost is in it, where two measurements are matched.
    """

    place: Place
    critical_ms: tuple[float, ...]
    own_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...] | None
    calls: tuple[ClientCalls, ...]
    tokens: Mapping[str, float]
    stacks: Mapping[Stack, float]
    still: Mapping[Stack, float]
    samples: int
    covers: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        return self.place[-1][0]

    @property
    def name(self) -> str:
        return self.place[-1][1]

    @property
    def typical_ms(self) -> float:
        """The median folded self time on the critical path."""
        return median(self.critical_ms)


@dataclass(frozen=True)
class Background:
    """A thread that works for no request: it is busy between requests just as in them.

    ``stacks`` in milliseconds of one replay, those at the same time as the request's spans of its
    service.
    """

    service: str
    thread_id: int
    stacks: Mapping[Stack, float]


@dataclass(frozen=True)
class BuiltinCall:
    """Calls of functions written in C, from one line of our own code, in the counted replay.

    ``callee`` is qualified where it can be (`time.sleep`, `_thread.lock.acquire`). ``calls`` and
    the times stop at ``tally.MOST_C_CALLS``. ``total_ms`` is wall time, with that of Python
    functions that it called; ``cpu_ms`` what the thread used of the processor in it (None where
    nobody measured that). `with lock:` and operators are no calls.
    """

    callee: str
    line: int
    calls: int
    total_ms: float
    cpu_ms: float | None = None


@dataclass(frozen=True)
class Counted:
    """How often one Python function ran inside one span in the counted replay.

    ``calls`` stops at ``tally.MOST_CALLS``. ``distinct_arguments`` tells how many different
    arguments it was given (``tally.MOST_DISTINCT`` at most), None where that can't be said or
    wasn't asked (library code). ``caller`` is the function of our own code that called it most
    (None: none of ours): the nearest one for our own functions, the direct caller for a library's.
    ``line`` is where the function begins, ``file`` as in lab.measure.stacks.Frame.path.
    ``suspends`` tells a generator or a coroutine, which may go on in another span than it began in.
    """

    service: str
    span: str
    function: str
    file: str
    line: int
    calls: int
    distinct_arguments: int | None
    caller: str | None
    builtins: tuple[BuiltinCall, ...]
    suspends: bool = False


@dataclass(frozen=True)
class Awaited:
    """Where a coroutine of the request waited in the counted replay.

    ``stack`` is the chain of awaiting coroutines, outermost first, down to the library's innermost;
    ``waited_ms`` how long it was seen to wait there, ``span`` the innermost open span of its
    context.
    """

    service: str
    span: str
    stack: Stack
    waited_ms: float


@dataclass(frozen=True)
class Counts:
    """The counted replay: slower than the others, so nothing in it is a measure of time spent.

    ``gaps`` tells by service what is missing from it, and why.
    """

    functions: tuple[Counted, ...]
    awaited: tuple[Awaited, ...]
    gaps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GrowthPoint:
    """One replay with another amount of work.

    ``work`` is relative to the original's (0.5, 1, 2); milliseconds of each place's own time and of
    each function's total time in it (key: place, function, file as in stacks.Frame.path).
    """

    work: float
    own_ms: Mapping[Place, float]
    function_ms: Mapping[tuple[Place, str, str], float]


@dataclass(frozen=True)
class Growth:
    """How the time grows with one kind of work: "top_k" or "question length"."""

    work: str
    points: tuple[GrowthPoint, ...]


@dataclass(frozen=True)
class Measurement:
    """One request, replayed ``replays`` times one after another.

    ``code`` tells the services' image apart from others. ``error_ms`` by service is how far the
    recordings' clocks may be off the spans'.
    """

    request: Request
    taken_s: float
    code: str
    replays: int
    request_ms: tuple[float, ...]
    spans: tuple[SpanCost, ...]
    background: tuple[Background, ...]
    counts: Counts | None
    error_ms: Mapping[str, float]

    def at(self, place: Place) -> SpanCost | None:
        return next((one for one in self.spans if one.place == place), None)
