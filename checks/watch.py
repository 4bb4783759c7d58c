"""The checks again and again, until all pass."""

import time
from collections.abc import Callable, Iterator

from checks.result import Report


def reports(
    run: Callable[[], Report], every_s: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Report]:
    """A report at once and then one every ``every_s`` after the last; ends with one that passed."""
    while True:
        done = run()
        yield done
        if done.passed:
            return
        sleep(every_s)
