"""Lines of the services' code as it runs, read in their containers."""

from collections.abc import Callable
from functools import cache

from lab.errors import LabError
from lab.settings import Settings
from lab.stack.containers import execute

FOLDER = "/app"


def reader(settings: Settings) -> Callable[[str, str, int], str | None]:
    """A function that gives line ``line`` (from 1) of a service's file, None where there is none.

    The file is told as in lab.measure.stacks.Frame.path; each is read once.
    """

    @cache
    def lines(service: str, path: str) -> tuple[str, ...]:
        try:
            done = execute(settings, service, ["cat", f"{FOLDER}/{path}"])
        except LabError:
            return ()
        return tuple(done.stdout.splitlines()) if done.exit_code == 0 else ()

    def source(service: str, path: str, line: int) -> str | None:
        found = lines(service, path)
        return found[line - 1].strip() if 0 < line <= len(found) else None

    return source
