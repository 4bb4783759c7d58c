"""What report.html is made of: the shape that `invoke profile` fills and lab.report.html draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.traces.critical_path import Segment
from lab.traces.spans import Place, Trace


@dataclass(frozen=True)
class FlameNode:
    """A function with what ran below it; ``value_ms`` (mean of one replay) includes that.

    ``file`` is as shown (stacks.Frame.path), ``line`` the line with most of the time, 0 if
    unknown; ``is_own`` tells the services' code from libraries. Children in order of their time.
    """

    name: str
    file: str
    line: int
    value_ms: float
    is_own: bool
    children: tuple["FlameNode", ...] = ()


@dataclass(frozen=True)
class FlameGraph:
    """The stacks of one span of the request, or (``place`` None) of a service's whole recording.

    The root of ``tree`` is the span or the service; its ``file`` is empty. Of a whole recording
    every thread has a node of its own below the root, named `thread 12`. ``samples`` is what it
    rests on; a span of a few has a coarse picture.
    """

    service: str
    place: Place | None
    tree: FlameNode
    samples: int

    @property
    def title(self) -> str:
        """`score (retriever)`, or `retriever, all threads`."""
        if self.place is None:
            return f"{self.service}, all threads"
        return f"{self.place[-1][1]} ({self.service})"


@dataclass(frozen=True)
class ReportData:
    """All that report.html shows.

    ``replay`` is the replay of median length, ``replay_path`` its critical path, ``original`` the
    trace that was asked about with its own. ``flame_graphs``: first the guilty span's (the slowest
    span's if none is guilty), then the other spans by their time, then one of each service.
    ``document`` is profile.json, with verdict, contributors, functions and reference.
    ``original_url`` and ``replay_url`` lead to Jaeger, while the lab runs.
    """

    original: Trace
    original_path: tuple[Segment, ...]
    original_url: str
    replay: Trace
    replay_path: tuple[Segment, ...]
    replay_url: str
    flame_graphs: tuple[FlameGraph, ...]
    document: Mapping[str, Any]
