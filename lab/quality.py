"""The project's own checks: lint, format, types, tests."""

import subprocess
import sys
from collections.abc import Sequence

from lab.console import err
from lab.errors import LabError
from lab.settings import ROOT

LINT = ("ruff", "check", ".")
FORMAT = ("ruff", "format", "--check", ".")
TYPES = ("mypy",)
TESTS = ("pytest", "--durations=10")
UNIT_TESTS = ("pytest", "-m", "not integration and not browser")


def run(commands: Sequence[Sequence[str]]) -> None:
    """Run every command, output straight through; raise LabError naming those that failed."""
    failed = [" ".join(command) for command in commands if not _passes(command)]
    if failed:
        raise LabError(f"failed: {'; '.join(failed)}")


def _passes(command: Sequence[str]) -> bool:
    err.print(f"[bold]{' '.join(command)}[/bold]")
    argv = [sys.executable, "-m", *command]
    return subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0
