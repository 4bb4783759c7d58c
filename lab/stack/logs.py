"""The containers' own words."""

import subprocess
import sys

from lab.errors import UnavailableError, UsageError
from lab.settings import Settings
from lab.stack.containers import SERVICE_LABEL, SERVICES, all_containers, container


def show(settings: Settings, service: str | None, *, follow: bool, tail: int) -> None:
    """Write one service's log, or all of them with the service's name before each line."""
    if service is not None and service not in SERVICES:
        raise UsageError(f"no service {service!r}; there are {', '.join(SERVICES)}")
    found = [c for c in all_containers(settings) if c.labels.get(SERVICE_LABEL)]
    if not found:
        raise UnavailableError(f"the lab {settings.name!r} isn't there; start it: `invoke up`")
    if service is None:
        flags = ["--follow"] if follow else []
        compose = ["docker", "compose", "--project-name", settings.name]
        _through([*compose, "logs", "--tail", str(tail), *flags])
    elif follow:
        target = container(settings, service)
        _through(["docker", "logs", "--follow", "--tail", str(tail), str(target.id)])
    else:
        chosen = next((c for c in found if c.labels[SERVICE_LABEL] == service), None)
        if chosen is None:
            raise UnavailableError(f"{settings.name!r} has no {service} container; `invoke up`")
        sys.stdout.write(chosen.logs(tail=tail).decode(errors="replace"))


def _through(argv: list[str]) -> None:
    """Run a command whose output goes straight to this terminal."""
    subprocess.run(argv, check=False, stdin=subprocess.DEVNULL)
