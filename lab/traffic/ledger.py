"""What was really sent: one line per answered request, kept beside the lab's name.

Any number of processes may append at once. A line that a crash or a full disk cut short is passed
over. The file is cut to its newer half when it has grown beyond its bound.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from lab.errors import LabError
from lab.settings import Settings

FILE = "ledger.jsonl"
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Sent:
    """A request whose answer told whether it was sampled; ``forced`` if we asked for that.

    ``time_s`` is when it was sent, seconds since the epoch; ``trace_id`` has 32 hex digits.
    """

    time_s: float
    trace_id: str
    sampled: bool
    forced: bool
    status: int
    cached: bool
    duration_ms: float


def append(settings: Settings, sent: Sent, max_bytes: int = MAX_BYTES) -> None:
    """Add one line. Raises LabError where it can't be written."""
    line = json.dumps(asdict(sent), separators=(",", ":")).encode() + b"\n"
    target = path(settings)
    try:
        with _locked(target), target.open("a+b") as file:
            if not _ends_whole(file):
                line = b"\n" + line
            file.write(line)
            file.flush()
            if file.tell() > max_bytes:
                _halve(target, max_bytes)
    except OSError as failed:
        raise LabError(
            f"can't write the traffic ledger {target}: {failed.strerror}; make room or give this "
            "user the folder"
        ) from failed


def read(settings: Settings, since_s: float = 0.0) -> tuple[Sent, ...]:
    """What was sent since then (seconds since the epoch), in order of sending."""
    try:
        lines = path(settings).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    found = (sent for sent in map(_parse, lines) if sent is not None and sent.time_s >= since_s)
    return tuple(sorted(found, key=lambda sent: sent.time_s))


def path(settings: Settings) -> Path:
    """Where this lab's ledger is."""
    return settings.state_dir / FILE


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock beside the file, not on it: the file itself may be replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ends_whole(file: IO[bytes]) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _halve(target: Path, max_bytes: int) -> None:
    """Replace the file by its newer half in one step, so that readers see the one or the other."""
    kept = target.read_bytes()[-(max_bytes // 2) :].partition(b"\n")[2]
    newer = target.with_suffix(".new")
    newer.write_bytes(kept)
    newer.replace(target)


def _parse(line: bytes) -> Sent | None:
    try:
        told = json.loads(line)
        return Sent(
            time_s=float(told["time_s"]),
            trace_id=str(told["trace_id"]),
            sampled=bool(told["sampled"]),
            forced=bool(told["forced"]),
            status=int(told["status"]),
            cached=bool(told["cached"]),
            duration_ms=float(told["duration_ms"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
