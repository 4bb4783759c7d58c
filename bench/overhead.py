"""What tracing costs a whole query over three services.

    python -m bench.overhead --rounds 200

Starts three labs of its own whose providers answer at once: without tracing, as shipped (10 % in
both tracers), and at 100 %. Each round sends the same uncached question to each in turn; the cost
is the median of the differences to the lab without tracing, round by round.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from bench import labs, machine
from lab.console import err
from lab.settings import Settings
from lab.traffic import scenario
from services.telemetry.conventions import SERVICES

WARM_UP_ROUNDS = 20
TOP_K = 5
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "off": {"OTEL_SDK_DISABLED": "true", "DD_TRACE_ENABLED": "false"},
    "10 %": {},
    "100 %": {"OTEL_TRACES_SAMPLER_ARG": "1.0"},
}


@dataclass(frozen=True)
class Cost:
    """Milliseconds of one variant: its median query, and the median extra over no tracing."""

    p50_ms: float
    extra_ms: float


def costs(taken_ms: Mapping[str, list[float]], baseline: str) -> dict[str, Cost]:
    """The cost of each variant from its queries' durations, the same round at the same place."""
    return {
        name: Cost(
            statistics.median(took),
            statistics.median(a - b for a, b in zip(took, taken_ms[baseline], strict=True)),
        )
        for name, took in taken_ms.items()
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=200)
    rounds = options.parse_args().rounds
    with ExitStack() as running:
        variants = {name: running.enter_context(_lab(name)) for name in VARIANTS}
        client = running.enter_context(httpx.Client(timeout=30))
        _rounds(client, variants, WARM_UP_ROUNDS)
        taken_ms = _rounds(client, variants, rounds)
    err.print(f"{machine.describe()}, {rounds} rounds")
    for name, cost in costs(taken_ms, "off").items():
        print(f"tracing {name}: p50 {cost.p50_ms:.1f} ms, {cost.extra_ms:+.1f} ms")  # noqa: T201


def _rounds(
    client: httpx.Client, variants: Mapping[str, Settings], rounds: int
) -> dict[str, list[float]]:
    taken_ms: dict[str, list[float]] = {name: [] for name in variants}
    questions = scenario.questions()
    for number in range(rounds):
        body = {"question": questions[number % len(questions)], "user_id": "u1", "top_k": TOP_K}
        for name, settings in variants.items():
            began_s = time.perf_counter()
            headers = {"Cache-Control": "no-cache"}
            client.post(
                f"{settings.url('gateway')}/query", json=body, headers=headers
            ).raise_for_status()
            taken_ms[name].append((time.perf_counter() - began_s) * 1000)
    return taken_ms


@contextmanager
def _lab(variant: str) -> Iterator[Settings]:
    """A running lab of this variant, removed afterwards."""
    traced = {service: {"environment": dict(VARIANTS[variant])} for service in SERVICES}
    overlay = {"services": {**traced, "providers": {"environment": {"LATENCY_SCALE": "0"}}}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "overlay.yaml"
        file.write_text(yaml.safe_dump(overlay))
        with labs.fresh(variant.partition(" ")[0], overlays=(file,)) as settings:
            yield settings


if __name__ == "__main__":
    main()
