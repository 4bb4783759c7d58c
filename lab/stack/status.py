"""What runs: each service's container, its state, memory and addresses."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from docker.models.containers import Container
from rich.table import Table

from lab.settings import PORTS, Settings
from lab.stack.containers import SERVICE_LABEL, SERVICES, all_containers

WEB_PATHS = {"gateway": "/", "jaeger": "/search", "datadog-ui": "/requests"}


@dataclass(frozen=True)
class ServiceStatus:
    """One service. ``health`` is the engine's word for it, ``state`` is absent without one."""

    service: str
    state: str
    health: str
    memory_bytes: int
    limit_bytes: int
    url: str


def status(settings: Settings) -> tuple[ServiceStatus, ...]:
    """The lab's services in the order of the design, missing ones included."""
    found = {c.labels.get(SERVICE_LABEL, ""): c for c in all_containers(settings)}
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        return tuple(pool.map(lambda name: _one(settings, name, found.get(name)), SERVICES))


def render(services: Iterable[ServiceStatus]) -> Table:
    """A table that fits 80 columns."""
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "state", "health", "memory", "address"):
        table.add_column(heading, justify="right" if heading == "memory" else "left")
    for one in services:
        colour = "green" if one.state == "running" else "red"
        memory = f"{one.memory_bytes >> 20} / {one.limit_bytes >> 20} MB" if one.limit_bytes else ""
        state = f"[{colour}]{one.state}[/{colour}]"
        table.add_row(one.service, state, one.health, memory, one.url)
    return table


def to_json(settings: Settings, services: Iterable[ServiceStatus]) -> dict[str, object]:
    """`{name, running, services: [{service, state, health, memory_bytes, limit_bytes, url}]}`."""
    listed = [asdict(one) for one in services]
    running = all(one["state"] == "running" for one in listed)
    return {"name": settings.name, "running": running, "services": listed}


def links(settings: Settings) -> Table:
    """Where to look, one line an address."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for what, service in (
        ("ask a question", "gateway"),
        ("traces in Jaeger", "jaeger"),
        ("traces in Datadog's test agent", "datadog-ui"),
    ):
        table.add_row(what, settings.url(service) + WEB_PATHS[service])
    return table


def _one(settings: Settings, service: str, container: Container | None) -> ServiceStatus:
    url = settings.url(service) if service in PORTS else ""
    if container is None:
        return ServiceStatus(service, "missing", "", 0, 0, url)
    health = container.attrs["State"].get("Health", {}).get("Status", "")
    limit_bytes = int(container.attrs["HostConfig"].get("Memory") or 0)
    return ServiceStatus(
        service, container.status, health, _memory_bytes(container), limit_bytes, url
    )


def _memory_bytes(container: Container) -> int:
    """Memory in use without the page cache, as `docker stats` counts it."""
    if container.status != "running":
        return 0
    counted = container.stats(stream=False, one_shot=True)
    memory = counted.get("memory_stats", {}) if isinstance(counted, dict) else {}
    detail = memory.get("stats", {})
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    return max(0, int(memory.get("usage", 0)) - int(cache))
