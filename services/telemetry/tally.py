"""What was counted in one trace, by function and span, and how it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from services.telemetry.arguments import Keys, names

# Of one function; it is then counted no further.
MOST_CALLS = 100_000
MOST_DISTINCT = 10_000
# Of C functions, at one place of the code.
MOST_C_CALLS = 5_000
# inspect.CO_GENERATOR, inspect.CO_COROUTINE, inspect.CO_ASYNC_GENERATOR
SUSPENDS = 0x20 | 0x80 | 0x200
# Library functions called by other library functions are told only if they are called often.
OFTEN = 100


@dataclass(frozen=True)
class Function:
    """A function that was seen to run; ``is_own`` tells the services' code from libraries.

    ``arguments`` are the names of its arguments, None where they are not looked at, ``keys`` tells
    those of its calls apart.
    """

    code: CodeType
    is_own: bool
    arguments: tuple[str, ...] | None
    keys: Keys = field(default_factory=Keys)

    @staticmethod
    def of(code: CodeType, is_own: bool) -> "Function":
        # `<genexpr>` and the like are given an iterator, which says nothing.
        named = is_own and not code.co_name.startswith("<")
        return Function(code, is_own, names(code) if named else None)


@dataclass
class Site:
    """Calls of one C function at one place of a function's code."""

    callee: str
    calls: int = 0
    total_ns: int = 0
    cpu_ns: int = 0

    def add(self, other: "Site") -> None:
        """Count what another one counted, too."""
        self.calls += other.calls
        self.total_ns += other.total_ns
        self.cpu_ns += other.cpu_ns


@dataclass
class Tally:
    """What one thread counted; functions by the id of their code, which ``Function`` keeps alive.

    ``calls`` by span, function and own caller (0: none), ``sites`` by span, function, offset in its
    bytecode and the callee's short name. ``pending`` are the C calls that have not returned:
    function, offset, site, and the thread's CPU time and the time when each began.
    """

    calls: dict[tuple[str, int, int], int] = field(default_factory=dict)
    arguments: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    sites: dict[tuple[str, int, int, str], Site] = field(default_factory=dict)
    pending: list[tuple[int, int, Site, int, int]] = field(default_factory=list)
    events: int = 0


def merged(tallies: Iterable[Tally]) -> Tally:
    """The tallies of all threads as one."""
    whole = Tally()
    for tally in tallies:
        for call, count in tally.calls.items():
            whole.calls[call] = whole.calls.get(call, 0) + count
        for function, keys in tally.arguments.items():
            whole.arguments.setdefault(function, set()).update(keys)
        for place, site in tally.sites.items():
            whole.sites.setdefault(place, Site(site.callee)).add(site)
        whole.events += tally.events
    return whole


def rows(tally: Tally, functions: Mapping[int, Function]) -> list[dict[str, Any]]:
    """One JSON object for each function in each span, the one called most often first."""
    callers: dict[tuple[str, int], dict[int, int]] = {}
    for (span, function, caller), count in tally.calls.items():
        callers.setdefault((span, function), {})[caller] = count
    builtins = _builtins(tally, functions)
    told = [
        _row(span, functions, function, by_caller, tally, builtins.get((span, function), []))
        for (span, function), by_caller in callers.items()
    ]
    kept = [one for one in told if one.pop("is_own") or one["caller"] or one["calls"] >= OFTEN]
    return sorted(kept, key=lambda one: -one["calls"])


def _row(
    span: str,
    functions: Mapping[int, Function],
    function: int,
    by_caller: Mapping[int, int],
    tally: Tally,
    builtins: list[dict[str, Any]],
) -> dict[str, Any]:
    code = functions[function].code
    most = max(by_caller, key=lambda caller: by_caller[caller])
    distinct = tally.arguments.get((span, function))
    if functions[function].keys.is_spent:
        distinct = None
    return {
        "span": span,
        "function": code.co_qualname,
        "file": code.co_filename,
        "line": code.co_firstlineno,
        "calls": sum(by_caller.values()),
        "distinct_arguments": None if distinct is None else len(distinct),
        "caller": functions[most].code.co_qualname if most else None,
        "builtins": builtins,
        "suspends": bool(code.co_flags & SUSPENDS),
        "is_own": functions[function].is_own,
    }


def _builtins(
    tally: Tally, functions: Mapping[int, Function]
) -> Mapping[tuple[str, int], list[dict[str, Any]]]:
    lines: dict[int, dict[int, int]] = {}
    by_line: dict[tuple[str, int, int, str], Site] = {}
    for (span, function, offset, _), site in tally.sites.items():
        if function not in lines:
            lines[function] = line_of_offsets(functions[function].code)
        line = lines[function].get(offset, 0)
        by_line.setdefault((span, function, line, site.callee), Site(site.callee)).add(site)
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for (span, function, line, callee), site in by_line.items():
        told = {
            "callee": callee,
            "line": line,
            "calls": site.calls,
            "total_ms": round(site.total_ns / 1e6, 3),
            "cpu_ms": round(site.cpu_ns / 1e6, 3),
        }
        found.setdefault((span, function), []).append(told)
    return {
        key: sorted(calls, key=lambda one: -float(one["total_ms"])) for key, calls in found.items()
    }


def line_of_offsets(code: CodeType) -> dict[int, int]:
    """The line of each instruction of a function."""
    return {
        offset: line
        for start, end, line in code.co_lines()
        if line is not None
        for offset in range(start, end, 2)
    }
