"""Waiting told from computing by the innermost frame."""

import pytest

from lab.measure.stacks import Frame, Stack
from lab.measure.waiting import Wait, computes, is_idle_loop, wait_of
from tests.lab.literal_recordings import LOOP, SELECT

OWN = Frame("load", "/app/services/retriever/documents.py", 9)
STDLIB = "/usr/lib/python3.13/"
SITE = "/opt/venv/lib/python3.13/site-packages/"


@pytest.mark.parametrize(
    ("function", "file", "kind"),
    [
        ("EpollSelector.select", STDLIB + "selectors.py", "io"),
        ("SSLSocket.read", STDLIB + "ssl.py", "io"),
        ("SyncStream.read", SITE + "httpcore/_backends/sync.py", "io"),
        ("SyncStream.read", SITE + "httpcore2/_backends/sync.py", "io"),
        ("Condition.wait", STDLIB + "threading.py", "lock"),
        ("Queue.get", STDLIB + "queue.py", "lock"),
        ("Popen._try_wait", STDLIB + "subprocess.py", "io"),
        ("Popen._execute_child", STDLIB + "subprocess.py", "io"),
        ("Popen._communicate", STDLIB + "subprocess.py", "io"),
        ("Popen.poll", STDLIB + "multiprocessing/popen_fork.py", "io"),
        ("Connection._recv", STDLIB + "multiprocessing/connection.py", "io"),
        ("_spawnvef", STDLIB + "os.py", "io"),
        ("Popen.__init__", STDLIB + "subprocess.py", None),
        ("walk", STDLIB + "os.py", None),
        ("Thread.run", STDLIB + "threading.py", None),
        ("JSONDecoder.decode", STDLIB + "json/decoder.py", None),
        ("StringIO.read", SITE + "some/parser.py", None),
    ],
)
def test_known_waiting_calls_are_recognised(function: str, file: str, kind: Wait | None) -> None:
    """A blocking call of the standard library or a client is a wait; a like-named one isn't."""
    assert wait_of((OWN, Frame(function, file, 1))) == kind


def test_own_code_is_never_a_known_wait() -> None:
    """A function of ours named `wait` may compute; only CPU time tells."""
    assert wait_of((Frame("wait", "/app/services/x/threading.py", 1),)) is None


@pytest.mark.parametrize(
    ("frames", "is_idle"),
    [
        ((LOOP, SELECT), True),
        ((LOOP, Frame("handler", "/app/services/gateway/pipeline.py", 3)), False),
        ((Frame("serve", "/usr/lib/python3.13/socketserver.py", 1), SELECT), False),
        ((Frame("Loop.run_until_complete", "/venv/site-packages/uvloop/loop.pyx", 1),), True),
    ],
    ids=["asyncio", "a handler on the loop", "select elsewhere", "uvloop"],
)
def test_an_event_loop_that_waits_is_told_from_one_that_works(frames: Stack, is_idle: bool) -> None:
    """Only the loop's own waiting for events is idle."""
    assert is_idle_loop(frames) is is_idle


@pytest.mark.parametrize(
    ("function", "file", "is_known"),
    [
        ("JSONEncoder.iterencode", STDLIB + "json/encoder.py", True),
        ("TypeAdapter.validate_python", SITE + "pydantic/type_adapter.py", True),
        ("load", STDLIB + "json/__init__.py", False),
        ("run", SITE + "some/client.py", False),
        ("deepcopy", STDLIB + "copy.py", True),
        ("Copy.read", SITE + "psycopg/copy.py", False),
        ("encode", "/app/services/json/encoder.py", False),
    ],
)
def test_libraries_that_only_compute_are_known(function: str, file: str, is_known: bool) -> None:
    """`json.load` may wait for its file, and of our own code nothing is known by its name."""
    assert computes((OWN, Frame(function, file, 1))) is is_known
