"""What the lab costs in memory and on disk.

    python -m bench.footprint --requests 1000

Starts a lab of its own, sends the queries, and prints the memory of each container and of all, and
the unique bytes of the images.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

from bench import labs, machine
from lab.console import Steps, err
from lab.images import ensure as images
from lab.stack import containers, status
from lab.traffic import send as traffic

MEBIBYTE = 1 << 20
BASE = "tracelab/base:"


@dataclass(frozen=True)
class ImageLayers:
    """An image's layers from the bottom up and the size of all of them together."""

    layers: tuple[str, ...]
    size_bytes: int


def unique_bytes(found: Iterable[ImageLayers]) -> int:
    """Bytes of all images together, layers that several share counted once.

    An image adds what it has on top of the largest other image that it starts with.
    """
    listed = sorted(set(found), key=lambda image: len(image.layers))
    total = 0
    for position, image in enumerate(listed):
        below = [
            other.size_bytes
            for other in listed[:position]
            if image.layers[: len(other.layers)] == other.layers
        ]
        total += image.size_bytes - max(below, default=0)
    return total


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=1000)
    requests = options.parse_args().requests
    with labs.fresh() as settings:
        chosen = images.ensure(settings, Steps(err))
        plan = traffic.prepare(scenario_name="cold", requests=requests)
        summary = traffic.run(settings, plan, lambda *_: None)
        services = status.status(settings)
    total = sum(one.memory_bytes for one in services)
    err.print(machine.describe())
    for one in services:
        _tell(f"{one.service}: {one.memory_bytes / MEBIBYTE:.0f} of {one.limit_bytes >> 20} MiB")
    _tell(f"all, after {summary.sending.sent} queries: {total / MEBIBYTE:.0f} MiB")
    _tell(f"images: {unique_bytes(_layers(chosen)) / MEBIBYTE:.0f} MiB unique")


def _layers(chosen: images.Images) -> Iterable[ImageLayers]:
    """The layers of these images and of the bases they may stand on."""
    used = {chosen.app, chosen.redis, chosen.jaeger, chosen.datadog}
    for image in containers.client().images.list():
        if used & set(image.tags) or any(tag.startswith(BASE) for tag in image.tags):
            layers = tuple(image.attrs["RootFS"]["Layers"])
            yield ImageLayers(layers, int(image.attrs["Size"]))


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - the figures are this command's output


if __name__ == "__main__":
    main()
