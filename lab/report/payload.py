"""The data that report.html's scripts draw from: traces and flame graphs as compact JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lab.report.data import FlameGraph, FlameNode, ReportData
from lab.report.html_text import ms
from lab.traces.critical_path import Segment
from lab.traces.spans import Span, Trace


def payload(data: ReportData) -> str:
    """`{texts, flames: [{title, samples, lines}], traces: [{title, id, spans, resources, path}]}`.

    A flame graph's lines are `[depth, name, file, line, ms, is_own]` in the tree's order, name and
    file as numbers of ``texts``; spans are as in ui/static/model.js. Safe inside a script element.
    """
    texts = _Texts()
    told = {
        "flames": [_flame(graph, texts) for graph in data.flame_graphs],
        "texts": texts.all,
        "traces": [
            _trace("A replay", data.replay, data.replay_path),
            _trace("The original", data.original, data.original_path),
        ],
    }
    return json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")


class _Texts:
    """Texts by number, each once: names and files repeat in every flame graph."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def all(self) -> list[str]:
        return list(self._numbers)

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))


def _flame(graph: FlameGraph, texts: _Texts) -> dict[str, Any]:
    lines = [
        [
            depth,
            texts.number(node.name),
            texts.number(node.file),
            node.line,
            round(node.value_ms, 3),
            int(node.is_own),
        ]
        for depth, node in _walk(graph.tree)
    ]
    return {"title": graph.title, "samples": graph.samples, "lines": lines}


def _walk(root: FlameNode) -> Iterator[tuple[int, FlameNode]]:
    stack = [(0, root)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        stack.extend((depth + 1, child) for child in reversed(node.children))


def _trace(name: str, trace: Trace, path: Iterable[Segment]) -> dict[str, Any]:
    resources: list[Mapping[str, Any]] = []
    spans = [_span(span, resources) for span in trace.spans]
    return {
        "title": f"{name}, {ms(trace.root.duration_ms)}",
        "id": trace.trace_id,
        "resources": resources,
        "spans": spans,
        "path": [[one.span.span_id, one.start_us, one.end_us] for one in path],
    }


def _span(span: Span, resources: list[Mapping[str, Any]]) -> dict[str, Any]:
    resource = dict(span.resource)
    if resource not in resources:
        resources.append(resource)
    return {
        "id": span.span_id,
        "parentId": span.parent_id,
        "name": span.name,
        "service": span.service,
        "kind": span.kind,
        "start": span.start_us,
        "duration": span.duration_us,
        "isError": span.is_error,
        "resource": resources.index(resource),
        "attributes": dict(span.attributes),
        "events": [
            {"time": event.time_us, "name": event.name, "attributes": dict(event.attributes)}
            for event in span.events
        ],
    }
