"""Which line of our own code allocated how much: tracemalloc's traces, added up.

A trace belongs to its deepest frame in our own code, so that what a library allocates for us counts
at the line that called it.
"""

import tracemalloc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType

from services.telemetry.conventions import OWN_FOLDERS

ROOT = Path(__file__).resolve().parents[2]
EXPRESSIONS = (".<locals>.<genexpr>", ".<locals>.<lambda>", ".<locals>.<listcomp>")

Place = tuple[str, int]
"""(file, line) of a frame: the file relative to ROOT for our own code, else as Python names it."""


@dataclass(frozen=True)
class Site:
    """What is allocated now by one line. ``function`` is None for a library's line."""

    file: str
    line: int
    function: str | None
    size_bytes: int
    blocks: int


def sites(
    traces: Iterable[tracemalloc.Trace], without: frozenset[str], root: Path = ROOT
) -> list[Site]:
    """The sites of these traces, largest first. Those of files named in ``without`` are left out.

    A trace with no frame of our own within tracemalloc's limit counts at its deepest frame.
    """
    places: dict[tracemalloc.Traceback, Place] = {}
    found: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for trace in traces:
        traceback = trace.traceback
        if (place := places.get(traceback)) is None:
            place = places[traceback] = place_of(traceback, root)
        counted = found[place]
        counted[0] += trace.size
        counted[1] += 1
    listed = [
        Site(file, line, function_at(root / file, line) if is_own(file) else None, size, blocks)
        for (file, line), (size, blocks) in found.items()
        if file not in without
    ]
    return sorted(listed, key=lambda site: -site.size_bytes)


def place_of(traceback: tracemalloc.Traceback, root: Path = ROOT) -> Place:
    """The deepest frame in our own code, else the deepest of all."""
    prefix = f"{root}/"
    for frame in reversed(traceback):
        if frame.filename.startswith(prefix) and is_own(frame.filename.removeprefix(prefix)):
            return frame.filename.removeprefix(prefix), frame.lineno
    deepest = traceback[-1]
    return deepest.filename, deepest.lineno


def is_own(file: str) -> bool:
    """Whether a file, relative to the project, is our own code."""
    return file.split("/", 1)[0] in OWN_FOLDERS


def function_at(file: Path, line: int) -> str | None:
    """The qualified name of the function that a line is in, as tracebacks name it.

    `<module>` outside of all functions, None where the file can't be read.
    """
    return _functions(file).get(line)


@lru_cache(maxsize=256)
def _functions(file: Path) -> Mapping[int, str]:
    try:
        module = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return {}
    return dict(_lines(module))


def _lines(code: CodeType) -> Iterator[tuple[int, str]]:
    """The lines of a code object, then of those inside it, which are to win."""
    name = code.co_qualname
    for expression in EXPRESSIONS:
        name = name.removesuffix(expression)
    for _, _, line in code.co_lines():
        if line is not None:
            yield line, name
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _lines(inner)
