"""The progress of traffic on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(console: Console) -> Iterator[Callable[[int, int, int], None]]:
    """A bar for ``(done, failed, planned)`` while the block runs; nothing where there's no tty."""
    columns = (
        TextColumn("requests"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]}", style="red"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task("requests", total=None, failed="")

        def update(done: int, failed: int, planned: int) -> None:
            told = f"{failed} failed" if failed else ""
            shown.update(task, completed=done, total=planned, failed=told)

        yield update
