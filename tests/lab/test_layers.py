"""Which way imports run in `lab/`, as its folders promise."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.settings import ROOT

LAB = ROOT / "lab"
# Each folder may import from those before it, and from what all share.
FOLDERS = (
    "host",
    "images",
    "stack",
    "traces",
    "traffic",
    "measure",
    "diagnosis",
    "report",
    "memory",
    "profile",
    "pictures",
)
# Commands that bring folders together; what else lies in lab/ itself is shared by all.
COMMANDS = {"doctor", "trace", "up"}
# What the analysis may not touch: it judges what it is handed.
OUTSIDE = {"docker", "httpx", "os", "pathlib", "socket", "subprocess", "threading", "time"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports: dotted, a name from a package as its module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def folder_of(module: str) -> str:
    """The folder of lab/ that a module is in; a command's own name; else empty."""
    parts = module.split(".")
    if parts[0] != "lab" or len(parts) < 2:
        return ""
    return parts[1] if parts[1] in FOLDERS or parts[1] in COMMANDS else ""


def test_every_folder_has_its_place() -> None:
    """A new folder must say what it may import from."""
    found = {path.parent.name for path in LAB.glob("*/__init__.py")}
    assert found == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_from_those_before_it_only(folder: str) -> None:
    """And from none after it, nor from a command, unless it makes pictures of them."""
    allowed = {"", *FOLDERS[: FOLDERS.index(folder) + 1]}
    if folder == "pictures":
        allowed |= COMMANDS
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((LAB / folder).glob("*.py"))
        for module in imported(path)
        if folder_of(module) not in allowed
    ]
    assert wrong == []


def test_what_is_shared_imports_from_no_folder() -> None:
    """The modules in lab/ itself, apart from the commands, stand on nothing."""
    wrong = [
        f"{path.name} imports {module}"
        for path in sorted(LAB.glob("*.py"))
        if path.stem not in COMMANDS
        for module in imported(path)
        if folder_of(module)
    ]
    assert wrong == []


def test_the_diagnosis_neither_reads_nor_asks_anything() -> None:
    """It is pure, and doesn't know the catalogue of faults."""
    wrong = [
        f"{path.name} imports {module}"
        for path in sorted((LAB / "diagnosis").glob("*.py"))
        for module in imported(path)
        if module.split(".")[0] in OUTSIDE or module.startswith("lab.faults")
    ]
    assert wrong == []
