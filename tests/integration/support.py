"""What the integration tests share: ports with room, commands run as a person would."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.host import ports
from lab.run import Completed, run
from lab.settings import ROOT, Settings

FIRST_OFFSET = 10000
COMMAND_TIMEOUT_S = 300

Invoke = Callable[..., Completed]


def free_offset(first: int = FIRST_OFFSET) -> int:
    """A port offset with room for a lab, away from the user's own lab."""
    offset = ports.free_offset(lambda port: port >= first and ports.is_free(port))
    if offset is None:
        pytest.fail("no port offset has room for a lab of the tests' own")
    return offset


def commands_of(settings: Settings) -> Invoke:
    """A runner of `invoke` commands for one lab."""

    def command(*arguments: str, env: dict[str, str] | None = None) -> Completed:
        identity = {
            "TRACELAB_NAME": settings.name,
            "TRACELAB_PORT_OFFSET": str(settings.port_offset),
            "TRACELAB_OVERLAYS": os.pathsep.join(str(path) for path in settings.overlays),
        }
        invoke = str(Path(sys.executable).with_name("invoke"))
        return run(
            [invoke, *arguments],
            env={**identity, **(env or {})},
            cwd=ROOT,
            timeout_s=COMMAND_TIMEOUT_S,
            check=False,
        )

    return command
