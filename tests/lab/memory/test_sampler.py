"""What is read in a service's container."""

from pathlib import Path

import pytest

from lab.memory.sampler import rss_kb, service_pid


def test_the_service_is_the_inits_child(tmp_path: Path) -> None:
    """Below an init the service is its first child; without one it is the first process."""
    assert service_pid(tmp_path) == 1
    (tmp_path / "1/task/1").mkdir(parents=True)
    (tmp_path / "1/task/1/children").write_text("7 21 \n")
    assert service_pid(tmp_path) == 7
    (tmp_path / "1/task/1/children").write_text("")
    assert service_pid(tmp_path) == 1


def test_resident_memory_is_read_in_kilobytes(tmp_path: Path) -> None:
    """VmRSS of the process's status; a process that has ended is an OSError."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7/status").write_text("Name:\tuvicorn\nVmHWM:\t 200 kB\nVmRSS:\t  123456 kB\n")
    assert rss_kb(7, tmp_path) == 123456
    with pytest.raises(FileNotFoundError):
        rss_kb(8, tmp_path)
