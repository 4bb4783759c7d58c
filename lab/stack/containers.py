"""The containers of one lab, found by their compose labels, and commands run inside them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import docker
from docker.errors import DockerException
from docker.models.containers import Container

from lab.errors import UnavailableError
from lab.host import engine
from lab.run import Completed, run
from lab.settings import Settings

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
LAB_LABEL = "tracelab.lab"
SERVICES = ("gateway", "retriever", "generator", "providers", "redis", "jaeger", "datadog")


@lru_cache(maxsize=1)
def client() -> docker.DockerClient:
    """The docker client of this process. Raises UnavailableError where no engine answers."""
    return engine.client()


def all_containers(settings: Settings) -> list[Container]:
    """Every container of the lab, its sidecars too, running or not."""
    listed: dict[str, Container] = {}
    for label in (f"{PROJECT_LABEL}={settings.name}", f"{LAB_LABEL}={settings.name}"):
        for found in client().containers.list(
            all=True, ignore_removed=True, filters={"label": label}
        ):
            listed[str(found.id)] = found
    return list(listed.values())


def container(settings: Settings, service: str) -> Container:
    """The running container of a service. Raises UnavailableError where there is none."""
    labels = [f"{PROJECT_LABEL}={settings.name}", f"{SERVICE_LABEL}={service}"]
    try:
        found = client().containers.list(all=True, ignore_removed=True, filters={"label": labels})
    except DockerException as failed:
        raise UnavailableError(f"the container engine doesn't answer: {failed}") from failed
    if not found:
        raise UnavailableError(
            f"the lab {settings.name!r} has no {service} container; start it with `invoke up`"
        )
    for candidate in found:
        if candidate.status == "running":
            return candidate
    raise UnavailableError(
        f"the {service} container of {settings.name!r} is {found[0].status}, not running; "
        f"look at `invoke logs --service {service}`, then `invoke up`"
    )


def execute(
    settings: Settings, service: str, argv: Sequence[str], timeout_s: float = 30
) -> Completed:
    """Run a command in a service's container; the exit code is the caller's to judge."""
    target = container(settings, service)
    return run(["docker", "exec", str(target.id), *argv], timeout_s=timeout_s, check=False)


def exec_json(settings: Settings, service: str, argv: Sequence[str], timeout_s: float = 30) -> Any:
    """Run a command in a service's container and return the JSON document it printed."""
    done = execute(settings, service, argv, timeout_s)
    try:
        if done.exit_code == 0:
            return json.loads(done.stdout)
    except ValueError:
        pass
    said = (done.stderr or done.stdout).strip()[-400:]
    raise UnavailableError(
        f"`{' '.join(argv)}` in the {service} container ended with exit code {done.exit_code} "
        f"and no JSON: {said or 'it wrote nothing'}"
    )


def get_json(
    settings: Settings,
    service: str,
    path: str,
    timeout_s: float = 10,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """GET ``path`` from a service that publishes no port, from inside its own container."""
    fetch = (
        "import json, sys, urllib.request as r, urllib.error as e\n"
        "asked = r.Request(sys.argv[1], headers=json.loads(sys.argv[2]))\n"
        "try: body = r.urlopen(asked, timeout=float(sys.argv[3])).read()\n"
        "except e.HTTPError as x: body = x.read()\n"
        "sys.stdout.write(body.decode())"
    )
    url = f"http://127.0.0.1:8000{path}"
    given = [url, json.dumps(dict(headers or {})), str(timeout_s / 2)]
    return exec_json(settings, service, ["python", "-S", "-c", fetch, *given], timeout_s)


def follow_lines(settings: Settings, service: str, argv: Sequence[str]) -> "subprocess.Popen[str]":
    """Start a command in a service's container whose output lines are read as they come."""
    target = container(settings, service)
    return subprocess.Popen(
        ["docker", "exec", str(target.id), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def started_s(settings: Settings, services: Sequence[str]) -> float:
    """When the last of these services' containers was started, in seconds since the epoch."""
    states = (container(settings, service).attrs["State"] for service in services)
    return max(engine.timestamp(state["StartedAt"]).timestamp() for state in states)
