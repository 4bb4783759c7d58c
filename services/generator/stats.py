"""Running totals of the completions, and a copy of them in a file for whoever collects figures."""

import threading
import time
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from tempfile import gettempdir

from services.common import flags

METRICS = ("completions", "prompt_tokens", "completion_tokens", "cost_usd", "chars", "provider_s")
STRIPES = 4
FILE = "completions.txt"
# The volume is shared with others: a line at a time.
LINES_A_SECOND = 200


class Stripe:
    """One part of the totals, by metric."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.totals = dict.fromkeys(METRICS, 0.0)


class CompletionStats:
    """Striped, so that threads that add at the same time seldom meet."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or Path(gettempdir())) / FILE
        self._stripes = [Stripe() for _ in range(STRIPES)]
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None

    def record(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Add the figures of one completion; the totals of each metric with it."""
        stripe = self._stripes[threading.get_native_id() % STRIPES]
        with stripe.lock:
            for metric, figure in figures.items():
                stripe.totals[metric] += figure
        return {metric: self.total(metric) for metric in figures}

    def total(self, metric: str) -> float:
        """The sum over all stripes."""
        total = 0.0
        for stripe in self._stripes:
            with stripe.lock:
                total += stripe.totals[metric]
        return total

    def keep_writing(self) -> None:
        """Start the thread that writes the totals, unless it runs."""
        with self._starting:
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write, name="stats", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        with self._file.open("w", encoding="ascii") as file:
            for stripe in cycle(self._stripes):
                if not flags.is_on("completion_stats"):
                    break
                with stripe.lock:
                    if stripe is self._stripes[0]:
                        file.seek(0)
                        file.truncate()
                    for metric, total in stripe.totals.items():
                        file.write(f"{metric} {total}\n")
                        file.flush()
                        time.sleep(1 / LINES_A_SECOND)
