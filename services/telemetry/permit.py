"""Who may have allocations traced: only whoever can write the control directory may say so."""

import hmac
import json
import re
from dataclasses import dataclass
from pathlib import Path

FILE = "memory.json"
PATH = "/allocations"
TOKEN_HEADER = "x-tracelab-token"  # noqa: S105 - a header's name
LONGEST_S = 600.0
# Enough to reach our own code from where most libraries allocate.
FRAMES = 10
TOKEN = re.compile(r"[0-9a-f]{32,128}")


@dataclass(frozen=True)
class Permit:
    """Who shows ``token`` may have allocations traced until ``expires_s`` (since the epoch)."""

    token: str
    expires_s: float

    def is_for(self, token: str) -> bool:
        return hmac.compare_digest(self.token.encode(), token.encode())


def read(file: Path, now_s: float) -> Permit | None:
    """What the file permits now. None without it, once it has expired, or if it can't be used."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        permit = Permit(str(said["token"]), float(said["expires_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not TOKEN.fullmatch(permit.token) or not 0 < permit.expires_s - now_s <= LONGEST_S:
        return None
    return permit
