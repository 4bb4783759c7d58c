"""Which code keeps what it allocates: snapshots of one service's allocations, compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError
from lab.measure.stacks import Frame

# Below this a function's growth is the noise of buffers and caches.
LEAST_BYTES = 1024.0
# A leak keeps as much of every request: neither half of the requests has less than this part of
# the other's.
STEADY = 0.4
# A container that gets an entry for fewer requests than every third doesn't grow with them.
ENTRIES_PER_REQUEST = 0.3


@dataclass(frozen=True)
class Site:
    """What one line has allocated and not yet freed. ``function`` is None for a library's line."""

    file: str
    line: int
    function: str | None
    size_bytes: int
    blocks: int


@dataclass(frozen=True)
class Container:
    """A container that has ``grown_by`` entries more than at the first snapshot.

    ``name`` says what holds it, None if that can't be told; ``file`` and ``line`` where most of
    what it holds was allocated.
    """

    name: str | None
    kind: str
    length: int
    grown_by: int
    is_own: bool
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Snapshot:
    """The allocations of one service after ``requests`` had been answered."""

    requests: int
    sites: tuple[Site, ...]
    containers: tuple[Container, ...]


@dataclass(frozen=True)
class Kept:
    """What a function of our own code, or one line of a library, keeps of each request.

    ``line`` is the one that keeps most. ``early_bytes`` and ``late_bytes`` are per request too, of
    the first and the second half. ``holders`` hold what is allocated here.
    """

    service: str
    function: str | None
    file: str
    line: int
    bytes_per_request: float
    blocks_per_request: float
    early_bytes: float
    late_bytes: float
    holders: tuple[Container, ...] = ()

    @property
    def is_steady(self) -> bool:
        """Whether both halves of the requests left enough, and about as much."""
        less, more = sorted((self.early_bytes, self.late_bytes))
        return less >= LEAST_BYTES and less >= STEADY * more


def parse(document: Any, requests: int) -> Snapshot:
    """A service's answer. Raises LabError where it isn't one."""
    try:
        return Snapshot(
            requests,
            tuple(
                Site(
                    _shown(one["file"]),
                    int(one["line"]),
                    one["function"],
                    int(one["size_bytes"]),
                    int(one["blocks"]),
                )
                for one in document["sites"]
            ),
            tuple(_container(one) for one in document["containers"]),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise LabError(
            f"a service's allocations can't be read ({type(wrong).__name__}: {wrong}); its image "
            "may be of another version: run `invoke up`"
        ) from wrong


def _container(told: Mapping[str, Any]) -> Container:
    file, line = told["place"] or (None, None)
    return Container(
        told["name"],
        str(told["kind"]),
        int(told["length"]),
        int(told["grown_by"]),
        bool(told["is_own"]),
        _shown(file) if file else None,
        line,
    )


def _shown(file: str) -> str:
    return Frame("", str(file), 0).path


def kept(service: str, snapshots: Sequence[Snapshot]) -> tuple[Kept, ...]:
    """What the code keeps of each request, most first, from three snapshots or more.

    Raises ValueError for fewer, or where no request came between two of them.
    """
    first, middle, last = snapshots[0], snapshots[len(snapshots) // 2], snapshots[-1]
    if not first.requests < middle.requests < last.requests:
        raise ValueError("three snapshots with requests between them are needed")
    lines = [_by_line(one) for one in (first, middle, last)]
    groups: dict[tuple[str, str | None, int], list[tuple[str, int]]] = defaultdict(list)
    for place, site in {**lines[0], **lines[1], **lines[2]}.items():
        key = (site.file, site.function, 0 if site.function else site.line)
        groups[key].append(place)
    growing = tuple(one for one in last.containers if _grows(one, last.requests - first.requests))
    found = [
        _kept(service, places, (first, middle, last), lines, growing) for places in groups.values()
    ]
    return tuple(sorted(found, key=lambda one: -one.bytes_per_request))


def _by_line(snapshot: Snapshot) -> Mapping[tuple[str, int], Site]:
    return {(site.file, site.line): site for site in snapshot.sites}


def _grows(container: Container, requests: int) -> bool:
    return container.grown_by >= ENTRIES_PER_REQUEST * requests


def _kept(
    service: str,
    places: Sequence[tuple[str, int]],
    taken: tuple[Snapshot, Snapshot, Snapshot],
    lines: Sequence[Mapping[tuple[str, int], Site]],
    growing: Sequence[Container],
) -> Kept:
    none = Site("", 0, None, 0, 0)
    first, middle, last = ([at.get(place, none) for place in places] for at in lines)
    sizes = [sum(site.size_bytes for site in at) for at in (first, middle, last)]
    grown = [end.size_bytes - begin.size_bytes for begin, end in zip(first, last, strict=True)]
    file, line = places[grown.index(max(grown))]
    known = next(at[file, line] for at in reversed(lines) if (file, line) in at)
    requests = taken[2].requests - taken[0].requests
    more_blocks = sum(site.blocks for site in last) - sum(site.blocks for site in first)
    return Kept(
        service=service,
        function=known.function,
        file=file,
        line=line,
        bytes_per_request=(sizes[2] - sizes[0]) / requests,
        blocks_per_request=more_blocks / requests,
        early_bytes=(sizes[1] - sizes[0]) / (taken[1].requests - taken[0].requests),
        late_bytes=(sizes[2] - sizes[1]) / (taken[2].requests - taken[1].requests),
        holders=tuple(one for one in growing if (one.file, one.line) in places),
    )
