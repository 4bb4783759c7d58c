"""What a process says of itself."""

import os
from pathlib import Path

import pytest

from services.telemetry import conventions
from services.telemetry.resource import container_id, describe_process

ID = "5f0cca4b7d9a1c3e" * 4
OTHER = "0123456789abcdef" * 4
DOCKER = (
    f"595 574 0:52 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/{OTHER}/diff\n"
    f"604 595 254:1 /var/lib/docker/containers/{ID}/resolv.conf /etc/resolv.conf rw - ext4 x\n"
    f"605 595 254:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/vda rw\n"
)
PODMAN = (
    "701 1 0:25 /containers/storage/overlay-containers/"
    f"{ID}/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw\n"
)


@pytest.mark.parametrize(
    ("mountinfo", "cgroup", "expected"),
    [
        (DOCKER, "0::/\n", ID),
        (PODMAN, "0::/\n", ID),
        ("", f"12:memory:/docker/{ID}\n11:cpu:/docker/{ID}\n", ID),
        ("", f"0::/system.slice/docker-{ID}.scope\n", ID),
        ("29 1 254:1 / / rw - ext4 /dev/vda rw\n", "0::/user.slice\n", None),
    ],
)
def test_container_id_is_found_on_both_cgroup_versions(
    tmp_path: Path, mountinfo: str, cgroup: str, expected: str | None
) -> None:
    """From the engine's mounts, else from the cgroup's path; None outside of a container."""
    (tmp_path / "mountinfo").write_text(mountinfo)
    (tmp_path / "cgroup").write_text(cgroup)
    assert container_id(tmp_path) == expected


def test_no_proc_is_no_container(tmp_path: Path) -> None:
    """Where there is nothing to read there is no id, and no error."""
    assert container_id(tmp_path / "missing") is None


def test_resource_names_service_and_process() -> None:
    """The pid is the one seen from inside."""
    attributes = describe_process("gateway").attributes
    assert attributes[conventions.SERVICE_NAME] == "gateway"
    assert attributes[conventions.PROCESS_PID] == os.getpid()
