"""What py-spy says, read."""

import pytest

from lab.errors import LabError
from lab.measure.pyspy import Attached, attached, counts
from lab.measure.sidecar import advice

DUMP = """launched {"pid": 7, "started_us": 1}
Process 7: /opt/venv/bin/python /opt/venv/bin/uvicorn services.generator.app:app
Python v3.13.5 (/usr/bin/python3.13)

Thread 7 (idle): "MainThread"
    EpollSelector.select (selectors.py:452)
Thread 11 (active): "AnyIO worker thread"
    serialize (services/generator/prompt.py:12)
"""


def test_a_dump_tells_version_and_threads() -> None:
    """A dump that shows threads proves that py-spy can attach, and says to what."""
    found = attached("generator", 7, DUMP)
    assert found == Attached("generator", 7, "3.13.5", threads=2)
    assert str(found) == "py-spy read 2 threads of generator (pid 7, Python 3.13.5)"


@pytest.mark.parametrize("dump", ["", "Python v3.13.5 (/usr/bin/python3.13)\n", "Thread 7 (idle)"])
def test_a_dump_without_threads_is_an_error(dump: str) -> None:
    """An attach that shows no thread or no Python is no proof."""
    with pytest.raises(LabError, match="showed no thread"):
        attached("generator", 7, dump)


def test_samples_and_errors_are_read_off_the_closing_line() -> None:
    """py-spy's own count of stacks and of failed reads comes from its last lines."""
    said = "py-spy> Wrote chrome trace to 'x'. Samples: 897 Errors: 3\npy-spy> Visit ..."
    assert counts(said) == (897, 3)


def test_a_recording_without_a_closing_line_is_an_error() -> None:
    """A py-spy that ended without its count is not believed."""
    with pytest.raises(LabError, match="Sampling process 100 times"):
        counts("py-spy> Sampling process 100 times a second")


def test_a_denied_attach_names_the_capability() -> None:
    """A permission error says what the engine must allow; other errors get no false advice."""
    assert "SYS_PTRACE" in advice("Error: Permission Denied: Try running again with elevated")
    assert "invoke up" in advice("FileNotFoundError: [Errno 2] No such file or directory")
    assert advice("Error: Failed to find python version from target process") == ""
