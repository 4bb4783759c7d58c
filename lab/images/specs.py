"""The lab's images as data: what each is made from, and the tag that follows from it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import LabError

Source = Literal["registry", "packages"]
IMAGES = ("app", "redis", "jaeger", "datadog")
FOLDER = Path("compose/images")
PINS = FOLDER / "registry.lock"
BASE_INPUTS = (str(FOLDER / "base"),)
TAG_DIGITS = 16


@dataclass(frozen=True)
class Spec:
    """How one image is built.

    Paths are relative to the project; ``inputs`` are the files and folders that decide what comes
    out, ``parent`` is the reference it starts from.
    """

    name: str
    dockerfile: Path
    context: Path
    inputs: tuple[str, ...]
    parent: str


@dataclass(frozen=True)
class Plan:
    """All images of one source: the base to make first (empty where it is pulled), and the rest."""

    source: Source
    base: str
    specs: tuple[Spec, ...]
    references: Mapping[str, str]


def plan(source: Source, root: Path) -> Plan:
    """The images of a source with their references, from the files under ``root``."""
    if source == "packages":
        base = reference("base", digest(root, BASE_INPUTS), "mmdebstrap")
        parents = dict.fromkeys(IMAGES, base)
    else:
        base = ""
        pins = parse_pins((root / PINS).read_text())
        python = pins["python"]
        parents = {"app": python, "datadog": python, **pins}
    specs = tuple(_spec(name, source, parents[name]) for name in IMAGES)
    references = {
        spec.name: reference(
            spec.name, digest(root, spec.inputs), spec.parent, str(spec.dockerfile)
        )
        for spec in specs
    }
    return Plan(source, base, specs, references)


def parse_pins(text: str) -> dict[str, str]:
    """Read compose/images/registry.lock. Raises LabError for a line that isn't "name reference"."""
    pins: dict[str, str] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise LabError(f"{PINS}: {line!r} isn't a name and an image reference")
        pins[words[0]] = words[1]
    missing = {"python", "redis", "jaeger"} - pins.keys()
    if missing:
        raise LabError(f"{PINS} has no line for {', '.join(sorted(missing))}")
    return pins


def _spec(name: str, source: Source, parent: str) -> Spec:
    folder = FOLDER / name
    own_recipe = source == "registry" and name in ("redis", "jaeger")
    dockerfile = folder / ("Dockerfile.registry" if own_recipe else "Dockerfile")
    sources = {
        "app": ("requirements/services.txt", "services", "seed"),
        "datadog": ("requirements/datadog.txt",),
    }
    context = Path() if name in sources else folder
    return Spec(name, dockerfile, context, (str(folder), *sources.get(name, ())), parent)


def reference(name: str, *inputs: str) -> str:
    """The reference of an image made from these inputs."""
    hashed = hashlib.sha256("\0".join((name, *inputs)).encode()).hexdigest()
    return f"tracelab/{name}:{hashed[:TAG_DIGITS]}"


def digest(root: Path, inputs: Iterable[str]) -> str:
    """A hash over the names and contents of all files under the inputs that a build can see."""
    hashed = hashlib.sha256()
    for path in sorted(file for given in inputs for file in _files(root / given)):
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        hashed.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return hashed.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for inner in path.iterdir():
        hidden = inner.name.startswith(".") or inner.name == "__pycache__"
        if not hidden and inner.suffix != ".pyc":
            yield from _files(inner)
