"""What a person reads while a command works: to stderr, so that stdout stays for results."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Steps:
    """Prints each step with the seconds since the command began; a spinner where there is a tty."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._began_s = clock()
        self._status: Status | None = None

    def __call__(self, message: str) -> None:
        """Print one finished or started step."""
        elapsed_s = self._clock() - self._began_s
        self._console.print(f"[dim]{elapsed_s:6.1f} s[/dim]  {escape(message)}", soft_wrap=True)

    def update(self, message: str) -> None:
        """Show passing progress: on the spinner's line on a tty, not at all elsewhere."""
        if self._status is not None:
            self._status.update(escape(message))

    @contextmanager
    def spinning(self) -> Iterator["Steps"]:
        """Keep a spinner on the last line while the block runs."""
        if not self._console.is_terminal:
            yield self
            return
        with self._console.status("") as self._status:
            yield self
        self._status = None


def steps() -> Steps:
    """Steps on this process's stderr."""
    return Steps(err)
