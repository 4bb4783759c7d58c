"""The recorded list of the Debian packages in the images, and how it has drifted.

``python -m lab.images.record_packages`` records what the images of this machine hold.
"""

from collections.abc import Mapping
from typing import Protocol

from lab.run import run
from lab.settings import ROOT

LOCK = ROOT / "compose/images/debian-packages.lock"
RECORD_IN_APP = "/usr/share/tracelab/debian-packages"
HEADER = "# Debian packages in the images; `python -m lab.images.record_packages` records them.\n"


class HasImages(Protocol):
    """What is looked into: the source, and the images that hold packages."""

    @property
    def source(self) -> str: ...
    @property
    def app(self) -> str: ...
    @property
    def redis(self) -> str: ...


Packages = Mapping[str, Mapping[str, str]]  # versions by package, by image


def installed(images: HasImages) -> Packages:
    """The Debian packages of the images, asked of the images themselves.

    "base" is the base, "redis" what Redis adds to it, "app" the documentation that the corpus is
    made of. Where the images come from a registry only that documentation is the lab's own choice.
    """
    documentation = {"app": parse_versions(_run_in(images.app, "cat", RECORD_IN_APP))}
    if images.source == "registry":
        return documentation
    listing = ("dpkg-query", "--show", "--showformat", "${Package}=${Version}\n")
    base = parse_versions(_run_in(images.app, *listing))
    redis = parse_versions(_run_in(images.redis, *listing))
    added = {name: version for name, version in redis.items() if base.get(name) != version}
    return {"base": base, "redis": added, **documentation}


def _run_in(image: str, program: str, *arguments: str) -> str:
    argv = ["docker", "run", "--rm", "--network=none", "--entrypoint", program, image, *arguments]
    return run(argv, timeout_s=60).stdout


def parse_versions(text: str) -> dict[str, str]:
    """Read lines of "package=version"."""
    pairs = (line.strip().partition("=") for line in text.splitlines())
    return {name: version for name, equals, version in pairs if equals}


def drift(recorded: Packages, found: Packages) -> tuple[str, ...]:
    """One line for each package whose version differs from the record, is new or is gone."""
    lines: list[str] = []
    for image, packages in found.items():
        known = recorded.get(image, {})
        for name in sorted(packages.keys() | known.keys()):
            was, now = known.get(name), packages.get(name)
            if was != now:
                lines.append(f"{image}: {name} {was or 'not recorded'} -> {now or 'not installed'}")
    return tuple(lines)


def parse_record(text: str) -> Packages:
    """Read the recorded list: an image and "package=version" a line."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        image, _, pair = line.partition("#")[0].strip().partition(" ")
        if pair:
            found.setdefault(image, {}).update(parse_versions(pair))
    return found


def to_text(packages: Packages) -> str:
    """The recorded list as it is kept."""
    lines = (
        f"{image} {name}={version}\n"
        for image, versions in sorted(packages.items())
        for name, version in sorted(versions.items())
    )
    return HEADER + "".join(lines)


def recorded() -> Packages:
    """The list as recorded in this project."""
    return parse_record(LOCK.read_text())
