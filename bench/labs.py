"""A lab for one measurement: away from the user's own, removed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lab.console import Steps, err
from lab.errors import UnavailableError
from lab.host import engine
from lab.host.ports import free_offset, is_free
from lab.settings import Settings
from lab.stack import lifecycle as stack

NAME = "tracelab-bench"
FIRST_PORT = 12000


def settings_for(variant: str = "") -> Settings:
    """A name and free ports for a lab. Starts the engine where it doesn't run."""
    engine.ensure(Steps(err))
    offset = free_offset(lambda port: port > FIRST_PORT and is_free(port))
    if offset is None:
        raise UnavailableError("no port offset has room for a lab to measure; see `invoke status`")
    return Settings(f"{NAME}-{variant}" if variant else NAME, offset)


@contextmanager
def fresh(variant: str = "", overlays: tuple[Path, ...] = ()) -> Iterator[Settings]:
    """A running lab with the corpus loaded; two at once need different ``variant`` names."""
    quiet = Steps(err)
    settings = replace(settings_for(variant), overlays=overlays)
    stack.down(settings, volumes=True)
    try:
        stack.up(settings, quiet)
        yield settings
    finally:
        stack.down(settings, volumes=True)
