"""Where memory is allocated and stays so, traced on demand.

Off, it costs nothing. On, every allocation is noted, which makes requests several times slower.
"""

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header
from starlette.exceptions import HTTPException

from services.telemetry import holders, permit, sites
from services.telemetry.sites import ROOT

LOOK_EVERY_S = 0.5
# A container that gained fewer entries than that is not worth a name.
LEAST_GROWN = 8
# What looking allocates itself.
LOOKING = frozenset(
    str(Path(__file__).with_name(f"{name}.py").relative_to(ROOT))
    for name in ("allocations", "permit", "sites", "holders")
)


class Allocations:
    """Traces allocations while ``file`` permits it, and no longer."""

    def __init__(self, file: Path, now_s: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now_s = now_s
        self._lock = threading.Lock()
        self._census = holders.Census(LEAST_GROWN)

    def permits(self, token: str) -> bool:
        found = permit.read(self._file, self._now_s())
        return found is not None and found.is_for(token)

    def start(self) -> None:
        """Trace from now on. Doing it again changes nothing."""
        with self._lock:
            if tracemalloc.is_tracing():
                return
            gc.collect()
            tracemalloc.start(permit.FRAMES)
            threading.Thread(target=self._stop_in_time, daemon=True).start()

    def snapshot(self) -> dict[str, Any]:
        """What was allocated since the start and is in use: `{frames, sites: [Site], containers:
        [Grown]}`, the containers being those that grew from each snapshot to the next.

        Raises RuntimeError where nothing is traced.
        """
        with self._lock:
            if not tracemalloc.is_tracing():
                raise RuntimeError("nothing is traced")
            gc.collect()
            found = sites.sites(tracemalloc.take_snapshot().traces, LOOKING)
            grown = self._census.look()
        return {
            "frames": permit.FRAMES,
            "sites": [asdict(site) for site in found],
            "containers": [asdict(one) for one in grown],
        }

    def _stop_in_time(self) -> None:
        while permit.read(self._file, self._now_s()) is not None:
            time.sleep(LOOK_EVERY_S)
        with self._lock:
            tracemalloc.stop()
            self._census = holders.Census(LEAST_GROWN)


Token = Annotated[str, Header(alias=permit.TOKEN_HEADER)]


def install(app: FastAPI, control_dir: Path) -> None:
    """Let ``app`` answer at `permit.PATH`: POST starts, GET tells; 404 without the token.

    As long as nothing is permitted the path looks like any that isn't there.
    """
    allocations = Allocations(control_dir / permit.FILE)

    def start(token: Token = "") -> dict[str, int]:
        if not allocations.permits(token):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        allocations.start()
        return {"frames": permit.FRAMES}

    def tell(token: Token = "") -> dict[str, Any]:
        if not allocations.permits(token) or not tracemalloc.is_tracing():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return allocations.snapshot()

    app.post(permit.PATH, include_in_schema=False)(start)
    app.get(permit.PATH, include_in_schema=False)(tell)
