"""README and docs name files and commands that are there."""

import importlib.util
import re
from collections.abc import Iterator

import pytest

from lab.settings import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MODULE = re.compile(r"python3? -m ([a-z_.]+)")
COMMAND = re.compile(r"invoke ([a-z]+)")


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(page, what it names)."""
    for page in PAGES:
        for name in pattern.findall(page.read_text(encoding="utf-8")):
            yield page.name, name


def test_every_link_leads_to_a_file() -> None:
    """Links to other hosts and within a page aside."""
    pages = {page.name: page for page in PAGES}
    links = list(found(LINK))
    assert links
    assert [one for one in links if not (pages[one[0]].parent / one[1]).exists()] == []


@pytest.mark.parametrize("module", sorted({name for _, name in found(MODULE)}))
def test_every_module_that_is_named_is_there(module: str) -> None:
    """What stands behind `python -m`."""
    assert importlib.util.find_spec(module) is not None


def test_every_command_that_is_named_is_there() -> None:
    """Each `invoke NAME` is a task."""
    import tasks

    assert [one for one in found(COMMAND) if not hasattr(tasks, one[1])] == []
