"""Which innermost Python frames are known to wait, and for what.

A wait in C shows as the Python frame that called it. A sleep, a lock or a query called straight
from our own code can't be told from work by its frame: the span's CPU time tells those.
"""

import re
from typing import Literal

from lab.measure.stacks import Stack

Wait = Literal["io", "lock"]
# Where the standard library and the HTTP and Redis clients block: the innermost Python frame.
IO_FILES = re.compile(
    r"(?:^|/)(?:socket|ssl|selectors|asyncio/\w+|uvloop/\w+|http/client|subprocess"
    r"|\w*httpcore\w*/_backends/\w+|\w*httpcore\w*/_\w+/\w+|urllib3/.+|anyio/_backends/\w+"
    r"|multiprocessing/(?:connection|popen_\w+)|os|redis/.*(?:socket|connection))\.py$"
)
IO_CALLS = re.compile(
    r"recv|recv_into|recvfrom|read|readinto|readline|send|sendall|write|connect|accept|select|poll"
    r"|getaddrinfo|create_connection|connect_tcp|do_handshake|wait|_wait|communicate"
    r"|_read_from_socket|_try_wait|_communicate|_execute_child|_posix_spawn|_spawnvef|_recv|_send"
)
LOCK_FILES = re.compile(r"(?:^|/)(?:threading|queue|multiprocessing/\w+)\.py$")
LOCK_CALLS = re.compile(r"acquire|wait|wait_for|get|put|join|__enter__|_wait_for_tstate_lock")
# These only compute, in C for the most part.
COMPUTING_FILES = re.compile(
    r"(?:json/(?:encoder|decoder|scanner)|re/\w+|copy|difflib|statistics|textwrap|hmac|base64"
    r"|pydantic/(?:main|type_adapter)|tiktoken/core|numpy/(?:_core|core|linalg)/\w+)\.py"
)


def wait_of(stack: Stack) -> Wait | None:
    """What the innermost frame waits for, if it is a known waiting call outside our own code."""
    leaf = stack[-1]
    call = leaf.function.rpartition(".")[2]
    if leaf.is_own:
        return None
    if IO_CALLS.fullmatch(call) and IO_FILES.search(leaf.file):
        return "io"
    if LOCK_CALLS.fullmatch(call) and LOCK_FILES.search(leaf.file):
        return "lock"
    return None


def computes(stack: Stack) -> bool:
    """Whether the innermost frame is of a library that is known to do nothing but compute."""
    return not stack[-1].is_own and COMPUTING_FILES.fullmatch(stack[-1].path) is not None


def is_idle_loop(stack: Stack) -> bool:
    """Whether an event loop waits for events: nothing of a coroutine is on its stack then."""
    leaf = stack[-1]
    call = leaf.function.rpartition(".")[2]
    if call == "select" and leaf.path == "selectors.py":
        return any(frame.path.startswith("asyncio/") for frame in stack)
    return "uvloop" in leaf.path and call.startswith("run")
