"""The catalogue of planted faults: the truth that a diagnosis is measured against, never told."""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from lab.cause import Cause
from lab.errors import LabError, UsageError
from lab.settings import ROOT

FILE = ROOT / "seed" / "faults.toml"
SERVICES = ("gateway", "retriever", "generator")


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    ``service`` and ``span`` are where its time shows, ``function`` the names that are right, the
    best first, ``file`` where the best is. ``effect`` says in words what it adds, ``effect_ms``
    about how much that is for the mystery query (0: not time but memory), ``see`` what a learner
    sees of it and ``fix`` what undoes it in the code.
    """

    id: str
    title: str
    service: str
    span: str
    function: tuple[str, ...]
    file: str
    cause: Cause
    effect: str
    effect_ms: float
    see: str
    fix: str


def load(path: Path = FILE) -> tuple[Fault, ...]:
    """The catalogue in the order of its file. Raises LabError where it can't be used."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failed:
        raise LabError(f"{path} can't be read: {failed}; restore it from the project") from failed
    faults = tuple(_fault(path, entry) for entry in document.get("fault", ()))
    ids = [fault.id for fault in faults]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise LabError(f"{path}: the id {twice[0]!r} is given twice; each fault needs its own")
    return faults


def find(faults: tuple[Fault, ...], wanted: str) -> Fault:
    """The fault of that id. Raises UsageError that names the nearest, or all."""
    for fault in faults:
        if fault.id == wanted:
            return fault
    ids = [fault.id for fault in faults]
    if not wanted:
        raise UsageError(f"name a fault: {', '.join(ids)} (see `invoke faults`)")
    near = difflib.get_close_matches(wanted, ids, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(
        f"there is no fault {wanted!r}{meant}\nThere are: {', '.join(ids)} (see `invoke faults`)"
    )


def _fault(path: Path, entry: Mapping[str, Any]) -> Fault:
    named = entry.get("id", "without an id")
    expected = {field.name for field in fields(Fault)}
    wrong = sorted(expected ^ set(entry))
    if wrong:
        what = "has no" if wrong[0] in expected else "has an unknown"
        raise LabError(f"{path}: the fault {named!r} {what} {wrong[0]!r}")
    for key, right, allowed in RULES:
        if not right(entry[key]):
            raise LabError(f"{path}: {key} of the fault {named!r} is {entry[key]!r}; use {allowed}")
    function = entry["function"]
    names = (function,) if isinstance(function, str) else tuple(function)
    return Fault(**{**entry, "function": names, "effect_ms": float(entry["effect_ms"])})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_names(value: object) -> bool:
    return _is_text(value) or (
        isinstance(value, list) and bool(value) and all(map(_is_text, value))
    )


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


RULES: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    *((key, _is_text, "a text") for key in ("id", "title", "span", "effect", "see", "fix")),
    ("service", SERVICES.__contains__, f"one of {', '.join(SERVICES)}"),
    ("function", _are_names, "a name or a list of names"),
    ("file", lambda file: _is_text(file) and (ROOT / str(file)).is_file(), "a file of the project"),
    ("cause", get_args(Cause).__contains__, f"one of {', '.join(get_args(Cause))}"),
    ("effect_ms", _is_time, "milliseconds, 0 or more"),
)
