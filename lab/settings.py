"""Which lab a command speaks to: its name, its ports, its folders."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lab.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
ImageSource = Literal["auto", "registry", "packages"]
PORTS = {"gateway": 8000, "jaeger": 16686, "datadog": 8126, "datadog-ui": 8127}
MAX_PORT_OFFSET = 65535 - max(PORTS.values())
NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Settings:
    """One lab on this machine. Two labs need different names and different port offsets."""

    name: str = "tracelab"
    port_offset: int = 0
    images: ImageSource = "auto"
    overlays: tuple[Path, ...] = ()

    def port(self, service: str) -> int:
        """The host port of a published service."""
        return PORTS[service] + self.port_offset

    def url(self, service: str) -> str:
        """The address of a published service on this machine's loopback."""
        return f"http://127.0.0.1:{self.port(service)}"

    @property
    def state_dir(self) -> Path:
        """Where the lab keeps what must outlive a command: ledger, healthy reference, switches."""
        return ROOT / ".tracelab" / self.name

    @property
    def control_dir(self) -> Path:
        """What the services are told while they run (see lab.stack.control)."""
        return self.state_dir / "control"

    @property
    def reports_dir(self) -> Path:
        """Where `invoke profile` writes."""
        return ROOT / "reports"


def load(
    name: str | None = None,
    port_offset: int | str | None = None,
    env: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings from the command line first, then the environment, then the defaults.

    Environment: TRACELAB_NAME, TRACELAB_PORT_OFFSET, TRACELAB_IMAGES, TRACELAB_OVERLAYS (extra
    compose files, separated as in PATH). Raises UsageError for a value that can't be used.
    """
    name = name or env.get("TRACELAB_NAME") or Settings.name
    if not NAME_PATTERN.fullmatch(name):
        raise UsageError(
            f"the lab's name is {name!r}; "
            "use up to 40 of a-z, 0-9, - and _, a letter or digit first"
        )
    overlays = tuple(Path(p) for p in env.get("TRACELAB_OVERLAYS", "").split(os.pathsep) if p)
    return Settings(
        name,
        _port_offset(port_offset, env),
        _image_source(env.get("TRACELAB_IMAGES") or "auto"),
        overlays,
    )


def _port_offset(given: int | str | None, env: Mapping[str, str]) -> int:
    text = str(given) if given is not None else env.get("TRACELAB_PORT_OFFSET") or "0"
    if not text.isdecimal() or int(text) > MAX_PORT_OFFSET:
        raise UsageError(f"the port offset is {text!r}; use a number from 0 to {MAX_PORT_OFFSET}")
    return int(text)


def _image_source(text: str) -> ImageSource:
    sources: tuple[ImageSource, ...] = get_args(ImageSource)
    for source in sources:
        if source == text:
            return source
    raise UsageError(f"TRACELAB_IMAGES is {text!r}; use auto, registry or packages")
