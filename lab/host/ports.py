"""Host ports: who holds one that the lab needs, and where there is room."""

import socket
from collections.abc import Callable, Iterable

import psutil
from docker.models.containers import Container

from lab.errors import UnavailableError
from lab.settings import MAX_PORT_OFFSET, PORTS, Settings

OFFSET_STEP = 100
LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_offset(is_free: Callable[[int], bool] = is_free) -> int | None:
    """The smallest multiple of 100 that shifts all of a lab's ports onto free ones."""
    for offset in range(0, MAX_PORT_OFFSET + 1, OFFSET_STEP):
        if all(is_free(port + offset) for port in PORTS.values()):
            return offset
    return None


def require_free(settings: Settings, containers: Iterable[Container]) -> None:
    """Raise UnavailableError naming every taken port, its holder and an offset with room.

    Ports that this lab's own containers publish are not taken.
    """
    published = dict(_published(containers))
    own = {port for port, (lab, _) in published.items() if lab == settings.name}
    taken = [
        port
        for port in (settings.port(service) for service in PORTS)
        if port not in own and not is_free(port)
    ]
    if not taken:
        return
    held = ", ".join(f"{port} ({_holder(port, published)})" for port in taken)
    offset = free_offset()
    advice = (
        f"free it, or use `invoke up --port-offset {offset}`"
        if offset is not None
        else "free it; no offset has room for all of the lab's ports"
    )
    raise UnavailableError(f"host port already taken: {held}; {advice}")


def _published(containers: Iterable[Container]) -> Iterable[tuple[int, tuple[str, str]]]:
    for container in containers:
        lab = container.labels.get("com.docker.compose.project", "")
        for bindings in (container.ports or {}).values():
            for binding in bindings or ():
                yield int(binding["HostPort"]), (lab, str(container.name))


def _holder(port: int, published: dict[int, tuple[str, str]]) -> str:
    if port in published:
        return f"held by container {published[port][1]}"
    try:
        pids = {
            c.pid
            for c in psutil.net_connections("tcp")
            if c.pid and c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port
        }
        if pids:
            pid = min(pids)
            return f"held by {psutil.Process(pid).name()}, pid {pid}"
    except psutil.Error:
        pass
    return "its holder can't be told; it belongs to another user"
