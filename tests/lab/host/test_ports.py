"""Host ports that are taken, and where there is room."""

import os
import socket
from types import SimpleNamespace

import pytest

from lab.errors import UnavailableError
from lab.host import ports
from lab.settings import PORTS, Settings


def room() -> Settings:
    """A lab on ports that are free now."""
    offset = ports.free_offset(lambda port: port > 20000 and ports.is_free(port))
    assert offset is not None
    return Settings("one", offset)


def published(lab: str, port: int) -> SimpleNamespace:
    """A container as the engine tells it: its lab and one published port."""
    return SimpleNamespace(
        name=f"{lab}-gateway-1",
        labels={"com.docker.compose.project": lab},
        ports={"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}], "9000/tcp": None},
    )


def test_free_ports_are_no_error() -> None:
    """Nothing is raised where all ports are free."""
    ports.require_free(room(), [])


def test_a_taken_port_is_named_with_holder_and_offset() -> None:
    """The message has the port, the holding process and an offset that has room."""
    settings = room()
    with (
        socket.create_server(("127.0.0.1", settings.port("jaeger"))),
        pytest.raises(UnavailableError) as caught,
    ):
        ports.require_free(settings, [])
    assert f"{settings.port('jaeger')} (held by" in str(caught.value)
    assert f"pid {os.getpid()}" in str(caught.value)
    assert "--port-offset" in str(caught.value)


def test_a_port_of_the_labs_own_container_is_not_taken() -> None:
    """`up` on a running lab finds its own ports in use and goes on; another lab may not."""
    settings = room()
    with socket.create_server(("127.0.0.1", settings.port("gateway"))):
        ports.require_free(settings, [published("one", settings.port("gateway"))])  # type: ignore[list-item]
        with pytest.raises(UnavailableError, match="held by container two-gateway-1"):
            ports.require_free(settings, [published("two", settings.port("gateway"))])  # type: ignore[list-item]


def test_the_free_offset_shifts_every_port() -> None:
    """An offset is only offered if all of the lab's ports are free there."""
    taken = {PORTS["gateway"], PORTS["jaeger"] + 100, PORTS["datadog"] + 200}
    assert ports.free_offset(lambda port: port not in taken) == 300
    assert ports.free_offset(lambda _: False) is None
