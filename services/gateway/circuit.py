"""A circuit breaker: what just failed isn't asked again for a while."""

import time
from collections.abc import Callable


class Circuit:
    """Open for ``pause_s`` after a failure; then one caller may try, and its result decides."""

    def __init__(self, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._clock = clock
        self._closed_again_at: float | None = None

    def allows(self) -> bool:
        """Whether to try now. While open, True for the first caller after each pause alone."""
        if self._closed_again_at is None:
            return True
        if self._clock() < self._closed_again_at:
            return False
        self.failed()
        return True

    def failed(self) -> None:
        self._closed_again_at = self._clock() + self._pause_s

    def succeeded(self) -> None:
        self._closed_again_at = None
