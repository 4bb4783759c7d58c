"""What a check found, and the report of all of them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError, UnavailableError

if TYPE_CHECKING:
    from checks.sources import Sources

ROUND_TO = 50


@dataclass(frozen=True)
class Finding:
    """A judgement on evidence. ``fix`` is the command that mends it, None where nothing is broken.

    ``evidence`` tells what was seen, with its numbers.
    """

    evidence: str
    fix: str | None = None

    @property
    def passed(self) -> bool:
        return self.fix is None


@dataclass(frozen=True)
class Checkpoint:
    """One thing to check: its names, what a failure means to the learner, and how to look."""

    id: str
    title: str
    impact: str
    find: Callable[["Sources"], Finding]


@dataclass(frozen=True)
class Check:
    """A checkpoint's result. ``duration_ms`` counts from the start of the run of all checks."""

    id: str
    title: str
    passed: bool
    evidence: str
    impact: str
    fix: str | None
    duration_ms: float


@dataclass(frozen=True)
class Report:
    """All checks of one run. ``lab_found`` is False where there is no container to look at."""

    checks: tuple[Check, ...]
    lab_found: bool
    duration_ms: float

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 a check failed, 3 there is no lab or no engine."""
        if not self.lab_found:
            return 3
        return 0 if self.passed else 1


def to_json(report: Report) -> dict[str, Any]:
    """`{passed, checks: [{id, title, passed, evidence, impact, fix, duration_ms}]}`.

    ``fix`` is null for a check that passed, ``impact`` says what its failure would mean.
    """
    return {"passed": report.passed, "checks": [asdict(check) for check in report.checks]}


def conclude(evidence: list[str], problems: list[tuple[str, str]]) -> Finding:
    """A finding from what was seen and from (what is wrong, the command that mends it) pairs.

    What is wrong comes first, and each different fix is named once.
    """
    told = [" ".join(words.split()) for words in [*(wrong for wrong, _ in problems), *evidence]]
    fixes = dict.fromkeys(fix for _, fix in problems)
    return Finding("; ".join(told), "; then ".join(fixes) or None)


def send(requests: int = 100) -> str:
    """The command that sends at least so many requests, none of them answered from the cache."""
    return f"invoke traffic --scenario cold --requests {-(-requests // ROUND_TO) * ROUND_TO}"


def mend(error: LabError) -> str:
    """The command for evidence that couldn't be had: the one that the error names, if it does."""
    is_up = isinstance(error, UnavailableError) or "`invoke up`" in str(error)
    return "invoke up" if is_up else "invoke doctor"
