"""What a trace says about one application span: its own time, CPU time and client calls."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lab.traces.critical_path import self_time_us
from lab.traces.folding import owners
from lab.traces.spans import Span, Trace
from services.telemetry import conventions as names

STATEMENTS = ("db.query.text", "db.statement", "url.full", "http.url")
PEERS = ("server.address", "net.peer.name", "db.system.name", "db.system")
STATUSES = ("http.response.status_code", "http.status_code")
BAD_REQUEST = 400
LITERAL = re.compile(r"'[^']*'|\b[0-9a-f]{8,}\b|\d+")


@dataclass(frozen=True)
class Calls:
    """Like client calls that one span made itself.

    ``path`` names the client spans from the outermost to the innermost, ``statement`` is what they
    ask, without literals. ``errors`` counts those with an error status or an HTTP status of 400 and
    more. ``own_us`` is their time without that of traced services that answered (``is_answered``),
    ``extent_us`` from the first's start to the last's end.
    ``failed_us`` is the part of ``own_us`` that the failed ones took.
    """

    path: tuple[str, ...]
    peer: str
    statement: str
    count: int
    errors: int
    own_us: int
    extent_us: int
    is_answered: bool
    failed_us: int = 0


@dataclass(frozen=True)
class Facts:
    """What a trace says about one of its application spans.

    ``own`` are the stretches (start, end; microseconds since the epoch) without its application
    children, ``cpu_us`` the CPU time its thread used in them, None where no attribute tells.
    """

    span: Span
    own: tuple[tuple[int, int], ...]
    cpu_us: float | None
    calls: tuple[Calls, ...]

    @property
    def self_us(self) -> int:
        return sum(end_us - start_us for start_us, end_us in self.own)

    @property
    def calls_us(self) -> int:
        return sum(calls.own_us for calls in self.calls)


def facts(trace: Trace) -> tuple[Facts, ...]:
    """What the trace says about each of its application spans, in order of start."""
    belongs_to = owners(trace)
    own_us = self_time_us(trace)
    folded: dict[str, list[Span]] = {}
    for span in trace.spans:
        folded.setdefault(belongs_to[span.span_id].span_id, []).append(span)
    return tuple(
        _of(trace, span, folded[span.span_id], own_us)
        for span in trace.spans
        if span.span_id in folded
    )


def _of(trace: Trace, span: Span, folded: Sequence[Span], own_us: Mapping[str, int]) -> Facts:
    ids = {one.span_id for one in folded}
    below = [child for one in folded for child in trace.children(one) if child.span_id not in ids]
    clients = [one for one in folded if _is_client(one)]
    return Facts(
        span,
        _own_stretches(span, below),
        _own_cpu_us(span, below),
        _calls(trace, clients, own_us),
    )


def _own_cpu_us(span: Span, below: Iterable[Span]) -> float | None:
    """The span's thread's CPU time without what its application children used on that thread."""
    total_ms = span.attributes.get(names.CPU_TIME_MS)
    if not isinstance(total_ms, int | float):
        return None
    for child in below:
        is_same_thread = child.service == span.service and (
            child.attributes.get(names.THREAD_ID) == span.attributes.get(names.THREAD_ID)
        )
        if is_same_thread:
            used_ms = child.attributes.get(names.CPU_TIME_MS)
            if not isinstance(used_ms, int | float):
                return None
            total_ms -= used_ms
    return max(0.0, total_ms * 1000)


def _calls(trace: Trace, clients: Iterable[Span], own_us: Mapping[str, int]) -> tuple[Calls, ...]:
    groups: dict[tuple[tuple[str, ...], str], list[Span]] = {}
    for client in clients:
        if own_us[client.span_id] > 0:
            groups.setdefault((_client_path(trace, client), _statement(client)), []).append(client)
    found = [
        Calls(
            path,
            _first(members[0], PEERS),
            statement,
            len(members),
            sum(_has_failed(member) for member in members),
            sum(own_us[member.span_id] for member in members),
            max(m.end_us for m in members) - min(m.start_us for m in members),
            any(_is_remote(trace, m) for m in members),
            sum(own_us[member.span_id] for member in members if _has_failed(member)),
        )
        for (path, statement), members in groups.items()
    ]
    return tuple(sorted(found, key=lambda calls: -calls.own_us))


def _client_path(trace: Trace, client: Span) -> tuple[str, ...]:
    path: list[str] = []
    current: Span | None = client
    while current is not None and _is_client(current):
        path.insert(0, current.name)
        current = trace.by_id.get(current.parent_id or "")
    return tuple(path)


def _is_client(span: Span) -> bool:
    return span.kind.lower() == "client"


def _has_failed(client: Span) -> bool:
    status = _first(client, STATUSES)
    return client.is_error or (status.isdecimal() and int(status) >= BAD_REQUEST)


def _is_remote(trace: Trace, client: Span) -> bool:
    return any(child.service != client.service for child in trace.children(client))


def _statement(span: Span) -> str:
    return LITERAL.sub("?", _first(span, STATEMENTS))


def _first(span: Span, keys: Iterable[str]) -> str:
    return next((str(span.attributes[key]) for key in keys if key in span.attributes), "")


def _own_stretches(span: Span, below: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """What of the span no other of the given spans covers."""
    found = []
    reached_us = span.start_us
    for child in sorted(below, key=lambda one: one.start_us):
        if child.start_us > reached_us:
            found.append((reached_us, min(child.start_us, span.end_us)))
        reached_us = max(reached_us, min(child.end_us, span.end_us))
    if reached_us < span.end_us:
        found.append((reached_us, span.end_us))
    return tuple(found)
