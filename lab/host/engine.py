"""The container engine: used as found; installed and started as root on Debian and Ubuntu."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import docker
from docker.context import ContextAPI
from docker.errors import DockerException

from lab.errors import UnavailableError
from lab.host import apt, daemon, debian, plugins
from lab.host.debian import Distribution
from lab.host.engine_probe import Probe, answers, probe
from lab.locks import one_at_a_time
from lab.settings import ROOT
from lab.watched import Report, Watch

CLIENT_TIMEOUT_S = 60
LOCAL_SOCKETS = frozenset({"", "unix:///var/run/docker.sock", "unix:///run/docker.sock"})
MANUAL = "https://docs.docker.com/engine/install/"
Action = Literal["use", "start", "install"]


def ensure(report: Report) -> None:
    """See to it that the docker client, compose v2, buildx and a daemon work.

    Raises UnavailableError with the next step where that can't be had.
    """
    found = probe()
    if decide(found, os.geteuid() == 0, debian.this_machine()) != "use":
        with one_at_a_time(daemon.LOCK, report, "it is starting the engine"):
            found = _bring_up(probe(), report)
    plugins.ensure(found.plugins, report)


def _bring_up(found: Probe, report: Report) -> Probe:
    machine = debian.this_machine()
    if decide(found, True, machine) == "install":
        watch = Watch(report, ROOT / ".tracelab" / "logs")
        apt.update(watch)
        known = apt.candidates(["docker.io", "docker-cli", *plugins.PACKAGES])
        packages = engine_packages(known, found)
        report(f"no container engine here; installing {', '.join(packages)}")
        apt.install(watch, "engine install", packages)
        found = probe()
    if not found.version:
        daemon.start(answers, report)
        found = probe()
        report(f"engine {found.version} is up")
    return found


def engine_packages(known: Mapping[str, str], found: Probe) -> tuple[str, ...]:
    """The packages that make an engine, out of those apt knows with their versions."""
    wanted = ["docker.io"]
    if not found.has_client and "docker-cli" in known:
        wanted.append("docker-cli")
    return (*wanted, *plugins.packages(known, found.plugins))


def decide(found: Probe, is_root: bool, machine: Distribution) -> Action:
    """What to do about the engine. Raises UnavailableError where only the user can do it."""
    if found.version:
        return "use"
    if found.has_client and found.endpoint not in LOCAL_SOCKETS:
        raise UnavailableError(
            f"the container engine at {found.endpoint} doesn't answer: {found.said}\n"
            "it was chosen by DOCKER_HOST or `docker context`; start it, or choose another"
        )
    if "permission denied" in found.said.lower():
        raise UnavailableError(
            "the container engine is there, but this user may not use its socket; run\n"
            '  sudo usermod -aG docker "$USER"\nand log in again'
        )
    if found.has_daemon and found.has_client:
        if is_root:
            return "start"
        raise UnavailableError(
            f"the container engine is installed but isn't running ({found.said}); start it with\n"
            "  sudo service docker start"
        )
    if machine.has_apt and is_root:
        return "install"
    raise UnavailableError(no_engine(found, machine))


def no_engine(found: Probe, machine: Distribution) -> str:
    """The message where there is no engine and this user can't install one from here."""
    if machine.has_apt:
        install = "apt-get update && apt-get install -y docker.io && usermod -aG docker $USER"
        return f'there is no container engine; run\n  sudo sh -c "{install}"\nand log in again'
    if found.has_client:
        return f"the container engine isn't running ({found.said}); start it (or Docker Desktop)"
    return f"there is no container engine; install Docker: {MANUAL}"


def timestamp(text: str) -> datetime:
    """A time as the engine tells it, to the second: its nanoseconds are too fine for datetime."""
    return datetime.fromisoformat(f"{text[:19]}+00:00")


def client(timeout_s: int = CLIENT_TIMEOUT_S) -> docker.DockerClient:
    """A docker SDK client for the engine the docker command uses; never starts one.

    DOCKER_HOST comes first, then DOCKER_CONTEXT, then the client's current context, as in the
    command. Raises UnavailableError where no engine answers.
    """
    try:
        if os.environ.get("DOCKER_HOST"):
            return docker.from_env(timeout=timeout_s)
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT") or None)
        if context is None or not context.Host:
            return docker.from_env(timeout=timeout_s)
        uses_ssh = context.Host.startswith("ssh://")
        return docker.DockerClient(
            base_url=context.Host,
            tls=context.TLSConfig or False,
            use_ssh_client=uses_ssh,
            timeout=timeout_s,
        )
    except DockerException as failed:
        raise UnavailableError(
            f"the container engine doesn't answer: {failed}\n"
            "`invoke up` starts it, `invoke doctor` says what is wrong"
        ) from failed
