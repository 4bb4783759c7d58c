"""Long commands: progress while they run, the end of their output if they fail, a clean stop."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.watched import StoppedError, Watch, ended_in_order


def test_progress_names_step_time_and_last_line(tmp_path: Path) -> None:
    """A line comes while the command still runs."""
    said: list[str] = []
    watch = Watch(said.append, tmp_path, every_s=0.3)
    took_s = watch.run(
        "image x", ["sh", "-c", "echo '#5 1.2 compiling'; sleep 0.8"], brief=str.upper
    )
    assert said[0] == "image x: 0 s, #5 1.2 COMPILING"
    assert 0.8 <= took_s < 5


def test_a_failure_shows_the_end_and_where_all_of_it_is(tmp_path: Path) -> None:
    """The message has the last lines, the exit code and the log's path."""
    with pytest.raises(LabError, match="image x failed with exit code 3") as raised:
        Watch(print, tmp_path).run(
            "image x", ["sh", "-c", "echo early; echo 'no space' >&2; exit 3"]
        )
    assert "no space" in str(raised.value)
    assert str(tmp_path / "image-x.log") in str(raised.value)
    assert (tmp_path / "image-x.log").read_text() == "early\nno space\n"


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """Not a traceback but the program's name."""
    with pytest.raises(LabError, match="`no-such-program` was not found"):
        Watch(print, tmp_path).run("x", ["no-such-program"])


def test_stopping_ends_the_command_and_its_children(tmp_path: Path) -> None:
    """A grandchild is in the same group and is ended with it."""
    pid_file = tmp_path / "pid"
    watch = Watch(print, tmp_path)
    timer = threading.Timer(0.5, watch.stop.set)
    timer.start()
    with pytest.raises(StoppedError):
        watch.run("x", ["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"])
    assert _is_gone(int(pid_file.read_text()))


def test_a_sigterm_ends_what_was_started(tmp_path: Path) -> None:
    """A command that is terminated leaves nothing running behind it."""
    code = (
        "import sys; from pathlib import Path; from lab.watched import Watch, ended_in_order\n"
        "with ended_in_order(): Watch(print, Path(sys.argv[1])).run('x', sys.argv[2:])"
    )
    pid_file = tmp_path / "pid"
    script = f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60"
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code, str(tmp_path), "sh", "-c", script],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
    )
    while not pid_file.exists():
        time.sleep(0.02)
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    assert _is_gone(int(pid_file.read_text()))


def test_signal_handlers_are_put_back() -> None:
    """Only the block is under the new handling."""
    before = signal.getsignal(signal.SIGTERM)
    with ended_in_order():
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is before


def _is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False
