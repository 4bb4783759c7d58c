"""The docker client's plugins the lab needs: compose v2 and buildx."""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError, UnavailableError
from lab.host import apt
from lab.host.apt import upstream_version
from lab.locks import one_at_a_time
from lab.watched import Report

PLUGINS = "/usr/libexec/docker/cli-plugins"


@dataclass(frozen=True)
class Plugin:
    """A plugin, the oldest version that will do, and where Debian 13 has it."""

    name: str
    oldest: tuple[int, ...]
    package: str
    path: str


COMPOSE = Plugin("compose", (2, 20), "docker-compose", f"{PLUGINS}/docker-compose")
BUILDX = Plugin("buildx", (0, 10), "docker-buildx", f"{PLUGINS}/docker-buildx")
NEEDED = (COMPOSE, BUILDX)
PACKAGES = ("docker-compose-v2", "docker-compose", "docker-buildx")


def missing(found: Iterable[tuple[str, str]]) -> tuple[Plugin, ...]:
    """The plugins that aren't among the (name, version) pairs found, or are too old there."""
    versions = {name: upstream_version(version.lstrip("v")) for name, version in found}
    return tuple(plugin for plugin in NEEDED if versions.get(plugin.name, ()) < plugin.oldest)


def packages(known: Mapping[str, str], found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The system packages for the plugins that are missing, where apt's own versions will do."""
    chosen = (
        next(
            (
                package
                for package in PACKAGES
                if package.startswith(plugin.package)
                and upstream_version(known.get(package, "")) >= plugin.oldest
            ),
            None,
        )
        for plugin in missing(found)
    )
    return tuple(package for package in chosen if package)


def folder() -> Path:
    """Where this user's docker client looks for plugins."""
    config = os.environ.get("DOCKER_CONFIG")
    return (Path(config) if config else Path.home() / ".docker") / "cli-plugins"


def ensure(found: Iterable[tuple[str, str]], report: Report) -> None:
    """Fetch what is missing from Debian 13 into this user's plugin folder.

    Nothing on the system changes. Raises UnavailableError where it can't be fetched.
    """
    needed = missing(found)
    if not needed:
        return
    with one_at_a_time(folder() / ".tracelab.lock", report, "it fetches docker plugins"):
        for plugin in needed:
            target = folder() / f"docker-{plugin.name}"
            report(f"fetching docker {plugin.name} from Debian's {plugin.package} package")
            try:
                apt.unpack_from_trixie(plugin.package, plugin.path, target)
            except LabError as failed:
                raise UnavailableError(_advice(plugin, str(failed))) from failed


def _advice(plugin: Plugin, said: str) -> str:
    oldest = ".".join(str(part) for part in plugin.oldest)
    ubuntu = "`sudo apt-get install -y docker-compose-v2 docker-buildx` on Ubuntu, "
    return (
        f"the docker client has no {plugin.name} plugin of version {oldest} or later, "
        f"and it can't be fetched: {said}\ninstall it: {ubuntu if shutil.which('apt-get') else ''}"
        "https://docs.docker.com/compose/install/linux/ elsewhere"
    )
