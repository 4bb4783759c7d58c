"""The one runner for external commands."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

TAIL_LINES = 15


@dataclass(frozen=True)
class Completed:
    """A command that has ended."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class CommandError(LabError):
    """A command that ended badly, with the last lines it wrote."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        tail = "\n".join((completed.stderr or completed.stdout).splitlines()[-TAIL_LINES:])
        super().__init__(
            f"`{' '.join(completed.argv)}` ended with exit code {completed.exit_code}"
            + (f":\n{tail}" if tail else " and wrote nothing")
        )


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float | None = None,
    stdin: str | None = None,
    check: bool = True,
) -> Completed:
    """Run a command to its end and return what it wrote.

    ``env`` is added to this process's environment. Raises CommandError if ``check`` is set and the
    exit code isn't 0, if the program is missing (exit code 127) or if it runs past ``timeout_s``
    (exit code 124).
    """
    try:
        ended = subprocess.run(
            list(argv),
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            timeout=timeout_s,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise CommandError(Completed(tuple(argv), 127, "", f"{argv[0]}: not found")) from None
    except subprocess.TimeoutExpired as late:
        written = late.stderr.decode(errors="replace") if isinstance(late.stderr, bytes) else ""
        message = f"{written}\nstill running after {timeout_s} s"
        raise CommandError(Completed(tuple(argv), 124, "", message)) from None
    completed = Completed(tuple(argv), ended.returncode, ended.stdout, ended.stderr)
    if check and completed.exit_code:
        raise CommandError(completed)
    return completed
