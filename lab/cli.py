"""What every task shares: the settings, and errors turned into a message and an exit code."""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from invoke.exceptions import Exit
from invoke.parser.argument import Argument
from invoke.tasks import Task, task

from lab.errors import LabError, UsageError

P = ParamSpec("P")
R = TypeVar("R")
INTERRUPTED = 130

LAB_HELP = {
    "name": "which lab: its compose project (default tracelab, or TRACELAB_NAME)",
    "port-offset": "added to every host port (default 0, or TRACELAB_PORT_OFFSET)",
}
JSON_HELP = {"json": "print one JSON document to stdout"}


class WithBareWord(Task[Any]):
    """A task one of whose options, named `bare`, may be given as a bare word: `heal ID`.

    Invoke knows positional arguments only as required ones, so it is made one if a word is there.
    """

    bare = ""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """The task's arguments as they are for this command line."""
        arguments = super().get_arguments(ignore_unknown_help)
        for argument in arguments:
            if argument.name == self.bare:
                argument.positional = self._word_follows(sys.argv)
        return arguments

    def _word_follows(self, argv: Sequence[str]) -> bool:
        """Whether this task's name is followed by a word that is no option's and no task."""
        others = inspect.unwrap(self.body).__globals__
        words = iter(argv[argv.index(self.name) + 1 :] if self.name in argv else ())
        for word in words:
            if not word.startswith("-"):
                return not isinstance(others.get(word), Task)
            if "=" not in word:
                next(words, None)
        return False


def lab_task(
    help: dict[str, str] | None = None,  # noqa: A002
    bare: str | None = None,
) -> Callable[[Callable[P, R]], Any]:
    """A task that speaks to one lab: `plain_task` with the help of `--name` and the like."""
    return plain_task({**LAB_HELP, **(help or {})}, bare)


def plain_task(
    help: dict[str, str] | None = None,  # noqa: A002
    bare: str | None = None,
) -> Callable[[Callable[P, R]], Any]:
    """An invoke task. A LabError becomes its message and exit code.

    ``bare`` names an option whose value may be given without the option.
    """

    def decorate(body: Callable[P, R]) -> Any:
        @functools.wraps(body)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return body(*args, **kwargs)
            except LabError as error:
                raise Exit(f"Error: {error}", code=error.exit_code) from error
            except KeyboardInterrupt:
                raise Exit("Interrupted.", code=INTERRUPTED) from None

        if bare is None:
            return task(help=help or {})(guarded)
        made = task(help=help or {}, klass=WithBareWord)(guarded)
        made.bare = bare
        return made

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
