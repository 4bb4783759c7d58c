"""What is said of a process with every span: which service, which process, which container."""

import os
import re
from pathlib import Path

from opentelemetry.sdk.resources import Resource

from services.telemetry import conventions

# The engine mounts these three files of a container from a folder named by its id (Docker:
# /containers/<id>/hostname, Podman: /overlay-containers/<id>/userdata/hostname), on cgroup v1 and
# v2 alike, while /proc/self/cgroup is just "0::/" on v2.
MOUNTED = re.compile(r"/([0-9a-f]{64})/(?:\S+/)?(?:hostname|hosts|resolv\.conf)\b")
CGROUP = re.compile(r"([0-9a-f]{64})(?:\.scope)?$", re.MULTILINE)


def container_id(proc: Path = Path("/proc/self")) -> str | None:
    """The 64 hex digits of the container this process runs in, None outside of one."""
    for name, pattern in (("mountinfo", MOUNTED), ("cgroup", CGROUP)):
        try:
            found = pattern.search((proc / name).read_text())
        except OSError:
            continue
        if found:
            return found[1]
    return None


def describe_process(service: str) -> Resource:
    """The resource of all spans of this process."""
    attributes: dict[str, str | int] = {
        conventions.SERVICE_NAME: service,
        conventions.PROCESS_PID: os.getpid(),
    }
    if container := container_id():
        attributes[conventions.CONTAINER_ID] = container
    return Resource.create(attributes)
