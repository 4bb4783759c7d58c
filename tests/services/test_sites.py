"""Allocations told by the line of our own code that made them."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.telemetry.sites import Site, function_at, sites

FRAMES = 10
MODULE = """
import json

class Store:
    def keep(self, count):
        return [bytes(1000) for _ in range(count)]

    def parse(self, text):
        return json.loads(text)

TEXT = Store().parse("[1]")
"""


@pytest.fixture
def traced() -> Iterator[Callable[[Path], list[Site]]]:
    """Allocations are traced; returns what is allocated, the project being in a folder."""
    tracemalloc.start(FRAMES)

    def look(root: Path) -> list[Site]:
        gc.collect()
        return sites(tracemalloc.take_snapshot().traces, frozenset(), root)

    yield look
    tracemalloc.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one module of our own in it."""
    module = tmp_path / "services/store.py"
    module.parent.mkdir()
    module.write_text(MODULE)
    return tmp_path


def store_of(project: Path) -> dict[str, type]:
    """The module's names, as if imported."""
    file = project / "services/store.py"
    names: dict[str, type] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)  # noqa: S102 - the test's own module
    return names


def test_our_own_allocations_name_file_line_and_function(
    project: Path, traced: Callable[[Path], list[Site]]
) -> None:
    """50 objects of a kilobyte count at the line that made them."""
    kept = store_of(project)["Store"]().keep(50)
    found = next(site for site in traced(project) if site.line == 6)
    assert (found.file, found.function) == ("services/store.py", "Store.keep")
    assert found.size_bytes > 50_000
    assert 50 <= found.blocks <= 53
    assert len(kept) == 50


def test_what_a_library_allocates_for_us_counts_at_our_line(
    project: Path, traced: Callable[[Path], list[Site]]
) -> None:
    """The parser of json is no place to look: the line that called it is."""
    text = json.dumps([str(number) * 100 for number in range(200)])
    kept = store_of(project)["Store"]().parse(text)
    found = traced(project)
    assert found[0].function == "Store.parse"
    assert found[0].size_bytes > 20_000
    assert len(kept) == 200


def test_a_library_without_us_keeps_its_own_line(
    project: Path, traced: Callable[[Path], list[Site]]
) -> None:
    """Where no frame is ours the deepest one is told, without a function."""
    kept = [bytes(2000) for _ in range(100)]
    found = traced(project)[0]
    assert (found.file, found.function) == (__file__, None)
    assert len(kept) == 100


def test_names_are_those_of_tracebacks(project: Path) -> None:
    """Methods are qualified; outside of functions it is the module; a missing file has no names."""
    file = project / "services/store.py"
    assert [function_at(file, line) for line in (6, 9, 11)] == [
        "Store.keep", "Store.parse", "<module>",
    ]  # fmt: skip
    assert function_at(project / "services/gone.py", 3) is None
