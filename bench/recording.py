"""What being recorded costs a request: the mystery query with and without three py-spys.

    python -m bench.recording --pairs 8

Runs on a lab that is up (TRACELAB_NAME, TRACELAB_PORT_OFFSET); with and without take turns, so that
a machine that gets slower meanwhile slows both.
"""

import argparse
from statistics import median

from bench import machine
from lab.console import err
from lab.measure import recordings
from lab.settings import load
from lab.traffic import scenario
from lab.traffic.replay import Replayer
from services.telemetry.conventions import SERVICES

EXPECTED_S = 4.2


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=8)
    pairs = options.parse_args().pairs
    settings, body = load(), scenario.mystery().body()
    without_ms, with_ms = [], []
    with Replayer(settings, EXPECTED_S) as replayer:
        replayer.send(body)
        for _ in range(pairs):
            without_ms.append(replayer.send(body).duration_s * 1000)
            with recordings.recording(settings, SERVICES) as recording:
                with_ms.append(replayer.send(body).duration_s * 1000)
                recording.finish()
    err.print(machine.describe())
    print(told(without_ms, with_ms))  # noqa: T201 - the figure is this command's output


def told(without_ms: list[float], with_ms: list[float]) -> str:
    """The medians, and the median of the pairs' differences with its quartiles."""
    added = sorted(after - before for before, after in zip(without_ms, with_ms, strict=True))
    low, high = added[len(added) // 4], added[-1 - len(added) // 4]
    return (
        f"without {median(without_ms):,.0f} ms, recorded {median(with_ms):,.0f} ms: "
        f"{median(added):+,.0f} ms ({low:+,.0f} to {high:+,.0f})"
    )


if __name__ == "__main__":
    main()
