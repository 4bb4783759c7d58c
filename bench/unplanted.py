"""How often `invoke profile` finds what nobody planted: changed code, in no catalogue.

    python -m bench.unplanted --results reports/unplanted.jsonl

Copies the checkout, starts a lab from the copy, and then, one after another, makes each change of
bench/changes.toml, `invoke up --no-traffic`, one `invoke profile --json`, and takes it back.
`--shipped` forgets the reference that this lab's first start recorded, so that the one that comes
with the project has to serve, as it does for whoever changes the code before the first start.
Results are appended to a file; run again with the same file, it goes on where it was.
"""

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import asking, labs, machine
from bench.scoring import Outcome, Truth, misses, table
from lab.console import err
from lab.settings import ROOT, Settings
from lab.stack import containers

CATALOGUE = Path(__file__).with_name("changes.toml")
LEFT_OUT = (".venv", ".tracelab", "reports", "__pycache__", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Edit:
    """One place of a file, before and after."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A change of the services' code, and who may be named for it."""

    truth: Truth
    edits: tuple[Edit, ...]


def main() -> None:
    """Try what isn't in the results yet, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--results", type=Path, required=True)
    options.add_argument("--shipped", action="store_true")
    options.add_argument("--only", nargs="*", help="ids of changes")
    given = options.parse_args()
    done = asking.read(given.results)
    wanted = [
        change
        for change in changes()
        if (not given.only or change.truth.case in given.only)
        and change.truth.case not in {one.truth.case for one in done}
    ]
    err.print(f"{machine.describe()}, {len(wanted)} changes to try")
    settings = labs.settings_for("unplanted")
    with _copy() as checkout, _running(settings, checkout):
        if given.shipped:
            (checkout / ".tracelab" / settings.name / "reference.json").unlink()
        for change in wanted:
            outcome = _try(settings, checkout, change)
            asking.append(given.results, outcome)
            done.append(outcome)
            asking.tell(outcome)
    sys.stdout.write(table(done) + "\n\n" + "\n".join(misses(done)) + "\n")


def changes(path: Path = CATALOGUE) -> list[Change]:
    """All changes of the catalogue."""
    return [_change(told) for told in tomllib.loads(path.read_text(encoding="utf-8"))["change"]]


def _change(told: Mapping[str, Any]) -> Change:
    spans, functions, causes = (tuple(told[key]) for key in ("span", "function", "cause"))
    edits = tuple(Edit(**edit) for edit in told["edit"])
    return Change(Truth(told["id"], spans, functions, causes), edits)


def apply(checkout: Path, change: Change) -> None:
    """Make the change. Raises AssertionError where its text isn't there once."""
    for edit in change.edits:
        file = checkout / edit.file
        text = file.read_text(encoding="utf-8")
        if text.count(edit.before) != 1:
            raise AssertionError(f"{change.truth.case}: {edit.before!r} isn't once in {edit.file}")
        file.write_text(text.replace(edit.before, edit.after), encoding="utf-8")


@contextmanager
def changed(checkout: Path, change: Change) -> Iterator[None]:
    """The checkout with the change in it, for a while."""
    files = {checkout / edit.file for edit in change.edits}
    kept = {file: file.read_text(encoding="utf-8") for file in files}
    try:
        apply(checkout, change)
        yield
    finally:
        for file, text in kept.items():
            file.write_text(text, encoding="utf-8")


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*LEFT_OUT))
        yield checkout


@contextmanager
def _running(settings: Settings, checkout: Path) -> Iterator[None]:
    try:
        asking.invoke(settings, "up", checkout=checkout)
        yield
    finally:
        asking.invoke(settings, "down", "--volumes", checkout=checkout)


def _try(settings: Settings, checkout: Path, change: Change) -> Outcome:
    with changed(checkout, change):
        asking.invoke(settings, "up", "--no-traffic", checkout=checkout)
        image = containers.container(settings, "gateway").image
        said = asking.profile(settings, checkout=checkout)
    asking.invoke(settings, "up", "--no-traffic", checkout=checkout)
    if image is not None:
        image.remove(force=True)
    return Outcome(change.truth, 1, said)


if __name__ == "__main__":
    main()
