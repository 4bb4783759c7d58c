"""Milliseconds from lap to lap."""

import time


class Stopwatch:
    """Started when made; ``laps_ms`` by name, in order."""

    def __init__(self) -> None:
        self._last_s = time.perf_counter()
        self.laps_ms: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """End a lap."""
        now_s = time.perf_counter()
        self.laps_ms[name] = round((now_s - self._last_s) * 1000, 3)
        self._last_s = now_s
