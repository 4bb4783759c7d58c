"""Waiting until the lab answers, and saying why when it doesn't."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from lab.errors import LabError, UnavailableError
from lab.settings import Settings
from lab.stack.containers import PROJECT_LABEL, client

LOG_TAIL_LINES = 15
POLL_S = 0.1
TRANSIENT = (httpx.TransportError,)


@dataclass(frozen=True)
class Readiness:
    """One look at the lab: what isn't ready yet, by name, with what it said."""

    waiting_for: Mapping[str, str] = field(default_factory=dict)
    index_passages: int = 0
    index_expected: int = 0

    @property
    def ready(self) -> bool:
        return not self.waiting_for

    @property
    def only_index_missing(self) -> bool:
        return set(self.waiting_for) == {"index"}


def look(settings: Settings, client: httpx.Client) -> Readiness:
    """Ask the gateway, Jaeger and the Datadog agent whether they are ready."""
    seen = _gateway(settings, client)
    backends = {
        "jaeger": _probe(client, f"{settings.url('jaeger')}/api/services"),
        "datadog": _probe(client, f"{settings.url('datadog')}/info"),
    }
    missing = {name: problem for name, problem in backends.items() if problem}
    return replace(seen, waiting_for={**seen.waiting_for, **missing})


def parse_gateway(document: Mapping[str, Any]) -> Readiness:
    """The readiness that the gateway's /readyz document tells."""
    waiting: dict[str, str] = {}
    index = _collect(document.get("dependencies", {}), waiting)
    return Readiness(waiting, int(index.get("passages", 0)), int(index.get("expected", 0)))


def wait(
    settings: Settings,
    done: Callable[[Readiness], bool],
    timeout_s: float,
    on_wait: Callable[[str], None],
) -> Readiness:
    """Poll until ``done``. Raises LabError when a container has died or the time is up."""
    began_s = time.monotonic()
    with httpx.Client(timeout=2) as client:
        while True:
            seen = look(settings, client)
            if done(seen):
                return seen
            elapsed_s = time.monotonic() - began_s
            on_wait(f"waiting for {', '.join(seen.waiting_for)} ({elapsed_s:.0f} s)")
            dead = dead_containers(settings)
            if dead:
                raise LabError(f"a container of the lab has stopped:\n{dead}")
            if elapsed_s > timeout_s:
                told = "\n".join(f"  {name}: {why}" for name, why in seen.waiting_for.items())
                raise UnavailableError(
                    f"the lab isn't ready after {elapsed_s:.0f} s; still waiting for\n{told}\n"
                    "look at `invoke status` and `invoke logs`"
                )
            time.sleep(POLL_S)


def dead_containers(settings: Settings) -> str:
    """What is left of containers that should run: state, exit code and the end of their logs."""
    told = []
    label = f"{PROJECT_LABEL}={settings.name}"
    filters: dict[str, str | list[str] | bool] = {"label": label, "status": ["exited", "dead"]}
    for container in client().containers.list(all=True, ignore_removed=True, filters=filters):
        state = container.attrs["State"]
        cause = " (out of memory)" if state.get("OOMKilled") else ""
        tail = container.logs(tail=LOG_TAIL_LINES).decode(errors="replace").rstrip()
        told.append(f"  {container.name}: exit code {state.get('ExitCode')}{cause}\n{tail}")
    return "\n".join(told)


def _gateway(settings: Settings, client: httpx.Client) -> Readiness:
    try:
        answer = client.get(f"{settings.url('gateway')}/readyz")
        return parse_gateway(answer.json())
    except TRANSIENT as failed:
        return Readiness({"gateway": str(failed) or type(failed).__name__})
    except ValueError:
        return Readiness({"gateway": f"HTTP {answer.status_code} without JSON from /readyz"})


def _probe(client: httpx.Client, url: str) -> str:
    try:
        answer = client.get(url)
    except TRANSIENT as failed:
        return str(failed) or type(failed).__name__
    return "" if answer.is_success else f"HTTP {answer.status_code} from {url}"


def _collect(dependencies: Mapping[str, Any], waiting: dict[str, str]) -> Mapping[str, Any]:
    """Fill ``waiting`` with the leaves that aren't ok and return the index's own entry."""
    index: Mapping[str, Any] = {}
    for name, told in dependencies.items():
        nested = told.get("dependencies", {})
        index = _collect(nested, waiting) or index
        if name == "index":
            index = told
        if not told.get("ok") and not any(not inner.get("ok") for inner in nested.values()):
            waiting[name] = str(told.get("detail") or told.get("error") or "not ready")
    return index
