"""Finding a service's Python process among the others of its container."""

from pathlib import Path

import pytest

from lab.measure.pyspy_launcher import find

MARKER = "services.generator.app:app"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc as a container with an init, a service, a health check and a launcher has it."""
    processes = {
        1: ["/sbin/docker-init", "--", "ddtrace-run", "uvicorn", MARKER],
        7: ["/opt/venv/bin/python3.13", "/opt/venv/bin/uvicorn", MARKER, "--port", "8000"],
        40: ["python", "-S", "/app/services/healthcheck.py", "http://127.0.0.1:8000/healthz"],
        51: ["python", "-S", "-c", "...", MARKER, "dump"],
        52: ["python", "-c", "...", MARKER, "dump"],
        60: ["/opt/venv/bin/python3.13", "/opt/venv/bin/uvicorn", MARKER, "--port", "8000"],
    }
    for pid, argv in processes.items():
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cmdline").write_text("\0".join(argv) + "\0")
    (tmp_path / "self").mkdir()
    (tmp_path / "99").mkdir()
    return tmp_path


def test_the_python_process_is_found_by_its_command(proc: Path) -> None:
    """Neither the init with the same arguments nor a launcher is taken, of forks the first is."""
    assert find(MARKER, proc) == 7


def test_launchers_are_not_taken(proc: Path) -> None:
    """Where the service has ended, a launcher with the same arguments is not mistaken for it."""
    for pid in (7, 60):
        (proc / str(pid) / "cmdline").write_text("")
    assert find(MARKER, proc) is None


def test_another_service_is_not_taken(proc: Path) -> None:
    """Where no Python process runs the service, nothing is found."""
    assert find("services.gateway.app:app", proc) is None
