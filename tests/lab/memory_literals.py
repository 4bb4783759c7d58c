"""Snapshots and growths for the tests of the memory's verdict."""

from typing import Any

from lab.memory.sites import Kept, Snapshot, kept, parse
from lab.memory.slope import Growth, Slope, Trend

DOCUMENTS = "services/retriever/documents.py"


def site(
    line: int, size: int, function: str | None = "Documents.load", file: str = DOCUMENTS
) -> Any:
    """One site as a service tells it."""
    return {
        "file": file,
        "line": line,
        "function": function,
        "size_bytes": size,
        "blocks": size // 100,
    }


def grown(name: str | None, by: int, line: int = 74, *, is_own: bool = True) -> Any:
    """One grown container as a service tells it."""
    return {
        "name": name, "kind": "dict", "length": 500 + by, "grown_by": by, "is_own": is_own,
        "place": [DOCUMENTS, line],
    }  # fmt: skip


def snapshot(requests: int, sites: list[Any], containers: list[Any] | None = None) -> Snapshot:
    """A service's answer after so many requests."""
    return parse({"frames": 10, "sites": sites, "containers": containers or []}, requests)


def leaking(kb: float = 60.0) -> tuple[Kept, ...]:
    """A retriever that keeps so many KB of each of 80 requests in `document_cache`."""
    step = int(kb * 1024 * 40)
    held = [grown("Documents.document_cache", 80), grown(None, 70, is_own=False)]
    return kept(
        "retriever",
        [
            snapshot(24, [site(74, 5_000)]),
            snapshot(64, [site(74, 5_000 + step)]),
            snapshot(104, [site(74, 5_000 + 2 * step)], held),
        ],
    )


def growth(service: str, trend: Trend, kb: float | None = 1.0, error_kb: float = 2.0) -> Growth:
    """The growth of a service over 400 requests."""
    slope = None if kb is None else Slope(kb, kb - error_kb, kb + error_kb)
    last_kb = 150_000 + 400 * (kb or 0)
    return Growth(service, trend, 400, 120, 150_000, last_kb, slope, kb, kb)
