"""Settings of the machine that builds reach the builds and stay out of the images."""

import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from lab.console import Steps
from lab.host import engine
from lab.images import buildenv
from lab.images import ensure as images
from lab.images.build import Builder
from lab.images.buildenv import BuildEnv
from lab.images.ensure import Images
from lab.images.index_settings import CERTIFICATE
from lab.images.specs import IMAGES, Plan, Spec, plan
from lab.run import run
from lab.settings import ROOT, Settings
from lab.watched import Watch

pytestmark = pytest.mark.integration

LEAVINGS = ("etc/apt/auth.conf", "etc/apt/apt.conf.d/99mmdebstrap", "root/.netrc")
LEAK = "ARG BASE\nFROM ${BASE}\nRUN --mount=type=secret,id=apt-conf cp /run/secrets/* /\n"


@pytest.fixture(scope="session")
def built(steps: Steps) -> Images:
    """The lab's images, whichever source they come from."""
    engine.ensure(steps)
    return images.ensure(Settings(), steps)


@contextmanager
def files_of(image: str) -> Iterator[tarfile.TarFile]:
    """The whole file system of an image as a stream, from a container that never ran."""
    container = run(["docker", "create", image, "true"]).stdout.strip()
    try:
        argv = ["docker", "export", container]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as export:
            with tarfile.open(fileobj=export.stdout, mode="r|") as stream:
                yield stream
            export.kill()
    finally:
        run(["docker", "rm", container])


def places_of(marker: str, image: str) -> list[str]:
    """Where in an image the marker is: its history, its configuration, the names of files."""
    places = []
    if marker in run(["docker", "history", "--no-trunc", image]).stdout:
        places.append("history")
    if marker in run(["docker", "image", "inspect", image]).stdout:
        places.append("configuration")
    with files_of(image) as stream:
        for member in stream:
            file = stream.extractfile(member) if member.isfile() else None
            if file and marker.encode() in file.read():
                places.append(member.name)
    return places


def marked(env: BuildEnv, marker: str) -> BuildEnv:
    """The machine's own settings, each with a harmless mark that is easy to find."""
    secrets: Mapping[str, str] = {**env.secrets, "apt-auth": ""}
    commented = {key: f"{text}\n# {marker}\n" for key, text in secrets.items()}
    return replace(env, secrets=commented, proxies={**env.proxies, "no_proxy": f"{marker}.invalid"})


@pytest.fixture
def marker() -> str:
    """A word that is nowhere else."""
    return f"mark{uuid4().hex}"


@pytest.fixture
def throwaway() -> Iterator[str]:
    """A reference that is removed afterwards."""
    reference = f"tracelab/redis:test-{uuid4().hex[:8]}"
    yield reference
    run(["docker", "image", "rm", "--force", reference], check=False)


@pytest.fixture
def base(built: Images) -> str:
    """The base image of packages."""
    if built.source != "packages":
        pytest.skip("the images come from a registry: there is no base of our own")
    return plan("packages", ROOT).base


def test_a_build_leaves_no_trace_of_the_settings_it_was_given(
    base: str, marker: str, throwaway: str, tmp_path: Path
) -> None:
    """Redis is built with marked proxies, sources and certificates; none is in the image."""
    recipe = (ROOT / "compose/images/redis/Dockerfile").read_text()
    _build(recipe, tmp_path, base, throwaway, marked(buildenv.collect(), marker))
    assert places_of(marker, throwaway) == []


def test_a_trace_would_be_found(base: str, marker: str, throwaway: str, tmp_path: Path) -> None:
    """A recipe that copies its secret into the image is caught by the same look."""
    _build(LEAK, tmp_path, base, throwaway, BuildEnv(secrets={"apt-conf": f"# {marker}\n"}))
    assert places_of(marker, throwaway) == ["apt-conf"]


def _build(recipe: str, folder: Path, base: str, reference: str, env: BuildEnv) -> None:
    uncached = recipe.replace("RUN", f"ENV NOT_CACHED={reference}\nRUN", 1)
    (folder / "Dockerfile").write_text(uncached)
    spec = Spec("redis", Path("Dockerfile"), Path(), (), base)
    made = Plan("packages", base, (spec,), {"redis": reference})
    Builder(folder, env, Watch(print, folder / "logs")).build(made, [spec], with_base=False)


@pytest.mark.parametrize("name", IMAGES)
def test_the_labs_images_hold_nothing_of_the_machine_that_built_them(
    built: Images, base: str, name: str
) -> None:
    """Canonical package sources, the distribution's certificates, no resolver, no logins."""
    kept: dict[str, bytes] = {}
    shipped: set[str] = set()
    with files_of(str(getattr(built, name))) as stream:
        for member in stream:
            file = stream.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            if member.name.startswith(
                ("etc/apt/", "etc/ssl/certs/ca-", "run/", "root/", "etc/pip")
            ):
                kept[member.name] = file.read()
            elif member.name.startswith("usr/share/ca-certificates/"):
                shipped |= set(CERTIFICATE.findall(file.read().decode()))
    assert base.startswith("tracelab/base:")
    assert not [name for name in LEAVINGS if kept.get(name)]
    assert not [name for name in kept if name.startswith("run/secrets/") and kept[name]]
    sources = (ROOT / "compose/images/base/debian.sources").read_bytes()
    listed = {name: text for name, text in kept.items() if "sources" in name and text}
    assert listed == {"etc/apt/sources.list.d/debian.sources": sources}
    trusted = CERTIFICATE.findall(kept["etc/ssl/certs/ca-certificates.crt"].decode())
    assert trusted
    assert set(trusted) <= shipped


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_runs_as_nobody_in_particular(built: Images, name: str) -> None:
    """No image's default user is root."""
    described = json.loads(run(["docker", "image", "inspect", str(getattr(built, name))]).stdout)
    assert described[0]["Config"]["User"] == "10001:10001"


def test_images_that_are_there_are_found_in_a_moment(built: Images) -> None:
    """No build, no probe: nothing is said, and the answer is the same."""
    said: list[str] = []
    assert images.ensure(Settings(), said.append) == replace(built, why="they are here already")
    assert said == []


def test_images_and_base_share_their_layers(built: Images) -> None:
    """Together they take no more than 1.2 GB of disk, shared layers counted once."""
    described = json.loads(
        run(["docker", "image", "inspect", *(str(getattr(built, n)) for n in IMAGES)]).stdout
    )
    layers = {layer for image in described for layer in image["RootFS"]["Layers"]}
    assert len(layers) < sum(len(image["RootFS"]["Layers"]) for image in described)
    ids = [image["Id"] for image in described]
    usage = run(["docker", "system", "df", "--verbose", "--format", "{{json .Images}}"]).stdout
    unique = sum(_bytes(image["UniqueSize"]) for image in json.loads(usage) if _is_in(image, ids))
    shared = max(_bytes(image["SharedSize"]) for image in json.loads(usage) if _is_in(image, ids))
    assert unique + shared <= 1.2e9


def _is_in(image: Mapping[str, str], ids: list[str]) -> bool:
    return any(image["ID"].removeprefix("sha256:") in full for full in ids)


def _bytes(size: str) -> float:
    units = {"GB": 1e9, "MB": 1e6, "kB": 1e3, "B": 1.0}
    unit = next(unit for unit in units if size.endswith(unit))
    return float(size.removesuffix(unit)) * units[unit]
