"""What every task shares: the settings, and errors turned into a message and an exit code."""

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from invoke.exceptions import Exit
from invoke.tasks import task

from lab.errors import LabError, UsageError

P = ParamSpec("P")
R = TypeVar("R")
INTERRUPTED = 130

LAB_HELP = {
    "name": "which lab: its compose project (default tracelab, or TRACELAB_NAME)",
    "port-offset": "added to every host port (default 0, or TRACELAB_PORT_OFFSET)",
}
JSON_HELP = {"json": "print one JSON document to stdout"}


def lab_task(help: dict[str, str] | None = None) -> Callable[[Callable[P, R]], Any]:  # noqa: A002
    """A task that speaks to one lab: `plain_task` with the help of `--name` and the like."""
    return plain_task({**LAB_HELP, **(help or {})})


def plain_task(help: dict[str, str] | None = None) -> Callable[[Callable[P, R]], Any]:  # noqa: A002
    """An invoke task. A LabError becomes its message and exit code."""

    def decorate(body: Callable[P, R]) -> Any:
        @functools.wraps(body)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return body(*args, **kwargs)
            except LabError as error:
                raise Exit(f"Error: {error}", code=error.exit_code) from error
            except KeyboardInterrupt:
                raise Exit("Interrupted.", code=INTERRUPTED) from None

        return task(help=help or {})(guarded)

    return decorate


def print_json(document: object) -> None:
    """The one JSON document of a command, to stdout."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def whole_number(text: str | None, option: str) -> int | None:
    """An option's whole number; invoke gives text where the default is None."""
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{option} is {text!r}; give a whole number") from None


def number(text: str | None, option: str) -> float | None:
    """An option's number; invoke gives text where the default is None."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option} is {text!r}; give a number") from None
