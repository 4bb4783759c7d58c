"""The store that a running Jaeger was configured with."""

import io
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePosixPath
from typing import Any

import yaml
from docker.errors import DockerException
from docker.models.containers import Container

from lab.errors import LabError, UnavailableError

MAX_CONFIG_BYTES = 1 << 20


@dataclass(frozen=True)
class Store:
    """Where Jaeger writes traces. ``volumes`` maps a path in its container to a volume's name."""

    written_to: str
    read_from: str
    badger: Mapping[str, Any] | None
    volumes: Mapping[str, str]


def read(jaeger: Container) -> Store:
    """The store of that container's Jaeger, from the files it was started with."""
    paths = config_paths([jaeger.attrs["Path"], *jaeger.attrs["Args"]])
    files = {path: _content(jaeger, path) for path in paths}
    return parse(files, jaeger.attrs["Mounts"])


def config_paths(argv: Sequence[str]) -> tuple[str, ...]:
    """The files given to Jaeger by ``--config``. Raises LabError where there is none."""
    words = list(argv)
    found = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name == "--config":
            found.append((value or following).removeprefix("file:"))
    if not found:
        raise LabError(f"Jaeger was started without --config: {' '.join(words)}")
    return tuple(found)


def parse(files: Mapping[str, bytes], mounts: Sequence[Mapping[str, Any]]) -> Store:
    """The store that Jaeger's configuration names, a later file going over an earlier one.

    Raises LabError where it names none.
    """
    try:
        config = reduce(_merged, (yaml.safe_load(text) or {} for text in files.values()))
        backends = config["extensions"]["jaeger_storage"]["backends"]
        written_to = str(config["exporters"]["jaeger_storage_exporter"]["trace_storage"])
        read_from = str(config["extensions"]["jaeger_query"]["storage"]["traces"])
        badger = backends[written_to].get("badger")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as wrong:
        told = f"{type(wrong).__name__}: {wrong}"
        raise LabError(
            f"{' and '.join(files)} in Jaeger's container names no trace storage ({told})"
        ) from wrong
    volumes = {
        str(mount["Destination"]): str(mount["Name"])
        for mount in mounts
        if mount["Type"] == "volume" and not re.fullmatch(r"[0-9a-f]{64}", str(mount["Name"]))
    }
    return Store(written_to, read_from, badger, volumes)


def volume_of(path: str, volumes: Mapping[str, str]) -> str | None:
    """The named volume that holds a path, by the deepest mount above it."""
    for above in (PurePosixPath(path), *PurePosixPath(path).parents):
        if str(above) in volumes:
            return volumes[str(above)]
    return None


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """As the OpenTelemetry collector merges its configuration: mappings by key, the rest whole."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], Mapping) and isinstance(over[key], Mapping):
            both[key] = _merged(under[key], over[key])
    return both


def _content(jaeger: Container, path: str) -> bytes:
    """A file of the container, through the engine: there may be no shell in the image."""
    try:
        chunks, _ = jaeger.get_archive(path)
        archive = b"".join(chunks)
    except DockerException as failed:
        raise UnavailableError(f"{path} can't be read from Jaeger's container: {failed}") from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        member = opened.next()
        file = opened.extractfile(member) if member is not None else None
        if file is None:
            raise LabError(f"{path} in Jaeger's container is no file")
        return file.read(MAX_CONFIG_BYTES)
