"""How long a warm start takes, beside a bare `docker compose up --detach --wait` of the same file.

    python -m bench.startup --runs 5

Both start the same images on the same volumes, in turn, each after a `down`; the ratio is taken
pair by pair. Also prints how long `down` takes beside `docker compose down`.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from bench import labs, machine
from lab.console import Steps, err
from lab.images import ensure as images
from lab.stack import lifecycle as stack


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    quiet = Steps(err)
    with labs.fresh() as settings:
        chosen = images.ensure(settings, quiet)
        stack.down(settings)
        ours, bare, our_down, bare_down = [], [], [], []
        for _ in range(runs):
            ours.append(_seconds(lambda: stack.up(settings, quiet)))
            our_down.append(_seconds(lambda: stack.down(settings)))
            bare.append(_seconds(lambda: stack.compose(settings, chosen, "up", "-d", "--wait")))
            bare_down.append(_seconds(lambda: stack.compose(settings, chosen, "down")))
    err.print(f"{machine.describe()}, {runs} pairs")
    _tell("up --no-traffic", ours, "compose up --wait", bare)
    _tell("down", our_down, "compose down", bare_down)


def _seconds(action: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    action()
    return time.perf_counter() - began_s


def _tell(name: str, ours: list[float], other: str, theirs: list[float]) -> None:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(  # noqa: T201 - the figures are this command's output
        f"{name}: median {statistics.median(ours):.2f} s; {other}: median "
        f"{statistics.median(theirs):.2f} s; ratio median {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
