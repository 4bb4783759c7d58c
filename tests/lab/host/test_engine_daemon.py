"""Starting the daemon: stale pid files, a bounded wait, the log's end in the message."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import UnavailableError
from lab.host import daemon
from lab.locks import one_at_a_time


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without systemd whose run folder, log and programs are of this test."""
    monkeypatch.setattr(daemon, "SYSTEMD", tmp_path / "no-systemd")
    monkeypatch.setattr(daemon, "LOG", tmp_path / "dockerd.log")
    monkeypatch.setattr(daemon, "PID_FILES", {tmp_path / "docker.pid": "dockerd"})
    monkeypatch.setattr(daemon, "POLL_S", 0.01)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path


def program(machine: Path, script: str) -> None:
    """Make this script the daemon."""
    path = machine / "dockerd"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_stale_pid_file_is_removed_and_the_daemon_started(machine: Path) -> None:
    """The file names this test's own process, which is no dockerd."""
    (machine / "docker.pid").write_text(str(os.getpid()))
    program(machine, f"touch {machine}/up; sleep 0.2")
    said: list[str] = []
    daemon.start((machine / "up").exists, said.append, timeout_s=5)
    os.wait()
    assert not (machine / "docker.pid").exists()
    assert said == [f"starting the engine: dockerd, log in {machine / 'dockerd.log'}"]


def test_a_daemon_on_its_way_is_waited_for(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live dockerd with that pid is not started again."""
    monkeypatch.setattr(daemon, "is_live", lambda *_: True)
    (machine / "docker.pid").write_text("7")
    looks: Iterator[bool] = iter([False, False, True])
    said: list[str] = []
    daemon.start(lambda: next(looks), said.append, timeout_s=5)
    assert said == []
    assert (machine / "docker.pid").read_text() == "7"


def test_an_early_end_is_reported_with_the_end_of_the_log(machine: Path) -> None:
    """Only what this start wrote is shown, not yesterday's log."""
    (machine / "dockerd.log").write_text("yesterday\n")
    program(machine, "echo 'no such storage driver' >&2; exit 5")
    with pytest.raises(UnavailableError, match="exit code 5") as raised:
        daemon.start(lambda: False, lambda _: None, timeout_s=5)
    assert "no such storage driver" in str(raised.value)
    assert "yesterday" not in str(raised.value)


def test_the_wait_is_bounded(machine: Path) -> None:
    """A daemon that never answers ends in an error, not in a hang."""
    program(machine, "exec sleep 0.5")
    with pytest.raises(UnavailableError, match="doesn't answer after"):
        daemon.start(lambda: False, lambda _: None, timeout_s=0.1)
    os.wait()


def test_a_pid_file_counts_only_for_the_program_it_names(tmp_path: Path) -> None:
    """A reused pid, a dead pid and rubbish are all stale."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "comm").write_text("dockerd\n")
    pid_file = tmp_path / "docker.pid"
    for text, program_name, live in [
        ("7", "dockerd", True),
        ("7\n", "containerd", False),
        ("8", "dockerd", False),
        ("rubbish", "dockerd", False),
    ]:
        pid_file.write_text(text)
        assert daemon.is_live(pid_file, program_name, proc=tmp_path) is live
    assert not daemon.is_live(tmp_path / "absent", "dockerd", proc=tmp_path)


def test_two_commands_at_once_take_turns(tmp_path: Path) -> None:
    """The second says what it waits for and goes on when the first is done."""
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with one_at_a_time(tmp_path / "lock", order.append, "never"):
            inside.set()
            leave.wait(5)
            order.append("first done")

    def report(message: str) -> None:
        order.append(message)
        leave.set()

    other = threading.Thread(target=first)
    other.start()
    assert inside.wait(5)
    with one_at_a_time(tmp_path / "lock", report, "it is at work"):
        order.append("second")
    other.join(5)
    assert order == ["waiting for another command: it is at work", "first done", "second"]
