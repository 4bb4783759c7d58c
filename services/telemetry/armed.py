"""Which one trace is to be counted, as the host says in the control directory.

Nobody else can ask for it: the directory is mounted read-only, and a request can't name itself.
"""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

FILE = "armed.json"
TOKEN_HEADER = "x-tracelab-token"  # noqa: S105 - the name of a header
LONGEST_S = 600.0
TRACE_ID = re.compile(r"[0-9a-f]{32}")
TOKEN = re.compile(r"[0-9a-f]{32,128}")


@dataclass(frozen=True)
class Armed:
    """``trace_id`` as 32 hex digits; who shows ``token`` is told what was counted."""

    trace_id: str
    token: str
    expires_s: float


def read(file: Path, now_s: float | None = None) -> Armed | None:
    """What is armed now. None where nothing is, it has expired, or the file can't be used.

    Without the file it costs one stat.
    """
    if not file.exists():
        return None
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        armed = Armed(said["trace_id"], said["token"], float(said["expires_s"]))
        if not TRACE_ID.fullmatch(armed.trace_id) or not TOKEN.fullmatch(armed.token):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    left_s = armed.expires_s - (time.time() if now_s is None else now_s)
    return armed if 0 < left_s <= LONGEST_S else None
