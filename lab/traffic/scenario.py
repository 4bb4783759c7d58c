"""What `seed/` says of the traffic: scenarios, questions and the mystery query."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError, UsageError
from lab.settings import ROOT

SEED_DIR = ROOT / "seed"


@dataclass(frozen=True)
class Request:
    """One `POST /query` to send. ``is_repeat``: an earlier one of the plan asks the same."""

    question: str
    user_id: str
    top_k: int
    model: str
    no_cache: bool = False
    is_repeat: bool = False

    def body(self) -> dict[str, str | int]:
        """The request's JSON body."""
        return {
            "question": self.question,
            "user_id": self.user_id,
            "top_k": self.top_k,
            "model": self.model,
        }


@dataclass(frozen=True)
class Scenario:
    """A table of `seed/scenarios.toml`, whose head says what each key means."""

    name: str
    description: str
    models: Mapping[str, float]
    top_k: Mapping[int, float]
    users: int
    user_skew: float
    repeat_share: float
    repeat_skew: float
    use_cache: bool
    burst: int


def scenarios() -> dict[str, Scenario]:
    """All scenarios by name, the default first. Raises LabError for a broken file."""
    path = SEED_DIR / "scenarios.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _scenario(name, table) for name, table in tables.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise LabError(f"can't use {path}: {type(wrong).__name__}: {wrong}") from wrong


def scenario(name: str | None = None) -> Scenario:
    """The named scenario, or the default one. Raises UsageError for an unknown name."""
    known = scenarios()
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        listed = "\n".join(f"  {one.name}: {one.description}" for one in known.values())
        raise UsageError(f"there is no scenario {name!r}; there are\n{listed}")
    return known[name]


def questions() -> tuple[str, ...]:
    """The questions of `seed/questions.jsonl`. Raises LabError for a broken or empty file."""
    path = SEED_DIR / "questions.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = tuple(str(json.loads(line)["question"]) for line in lines if line.strip())
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise LabError(f"can't use {path}: {type(wrong).__name__}: {wrong}") from wrong
    if not found:
        raise LabError(f"can't use {path}: there is no question in it")
    return found


def mystery() -> Request:
    """The query of `seed/mystery.json`, which always runs the whole pipeline."""
    path = SEED_DIR / "mystery.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Request(
            question=str(told["question"]),
            user_id=str(told["user_id"]),
            top_k=int(told["top_k"]),
            model=str(told["model"]),
            no_cache=True,
        )
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise LabError(f"can't use {path}: {type(wrong).__name__}: {wrong}") from wrong


def _scenario(name: str, table: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name=name,
        description=str(table["description"]),
        models={str(model): float(weight) for model, weight in table["models"].items()},
        top_k={int(wanted): float(weight) for wanted, weight in table["top_k"].items()},
        users=int(table["users"]),
        user_skew=float(table["user_skew"]),
        repeat_share=float(table["repeat_share"]),
        repeat_skew=float(table["repeat_skew"]),
        use_cache=bool(table["use_cache"]),
        burst=int(table["burst"]),
    )
