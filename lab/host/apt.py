"""Debian packages by apt: installed as root, or single files of Debian 13 for any user.

Nothing here weakens apt's own checks: all that is fetched is verified against a signed archive.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError, UnavailableError
from lab.host import debian
from lab.host.debian import KEYRING
from lab.run import run
from lab.watched import Watch

ENV = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
OPTIONS = ("-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")
FETCH_TIMEOUT_S = 300


def update(watch: Watch) -> None:
    """Renew apt's index as root; what goes wrong is reported only: the install will tell."""
    try:
        watch.run("package index", ["apt-get", *OPTIONS, "update"], env=_system_env())
    except LabError as failed:
        watch.report(f"apt-get update had trouble, going on: {str(failed).splitlines()[0]}")


def install(watch: Watch, step: str, packages: Sequence[str]) -> None:
    """Install packages as root, without recommended ones. Raises LabError."""
    argv = ["apt-get", *OPTIONS, "install", "-y", "--no-install-recommends", *packages]
    watch.run(step, argv, env=_system_env())


def _system_env() -> dict[str, str]:
    return {**ENV, "PATH": debian.system_path()}


def candidates(packages: Sequence[str]) -> dict[str, str]:
    """The version apt would install of each package; a package it doesn't know is left out."""
    shown = run(["apt-cache", "policy", *packages], env=ENV, check=False).stdout
    return parse_candidates(shown)


def parse_candidates(policy: str) -> dict[str, str]:
    """Read the output of ``apt-cache policy``."""
    found: dict[str, str] = {}
    package = ""
    for line in policy.splitlines():
        if line and not line.startswith(" "):
            package = line.rstrip(":")
        elif line.strip().startswith("Candidate:"):
            version = line.partition(":")[2].strip()
            if version != "(none)":
                found[package] = version
    return found


def upstream_version(version: str) -> tuple[int, ...]:
    """The leading numbers of a Debian version: "1:2.26.1-4" gives (2, 26, 1)."""
    upstream = version.rpartition(":")[2]
    found = re.match(r"\d+(?:\.\d+)*", upstream)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


@contextmanager
def trixie_apt() -> Iterator[tuple[list[str], Mapping[str, str], Path]]:
    """An apt of its own for Debian 13 with a temporary state: (options, environment, folder).

    The machine's package state, lists and caches are neither read nor changed; signatures are
    verified with Debian's archive keyring. Raises UnavailableError where apt or the keyring isn't
    there.
    """
    if not shutil.which("apt-get") or not KEYRING.exists():
        raise UnavailableError(
            f"Debian packages can't be fetched here: this needs apt-get and {KEYRING} "
            "(on Ubuntu: `sudo apt-get install -y debian-archive-keyring`)"
        )
    with tempfile.TemporaryDirectory(prefix="tracelab-apt-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # apt fetches as a user of its own where it can
        for part in ("lists/partial", "cache/archives/partial", "download"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(debian.host_sources())
        (folder / "apt.conf").write_text(
            'Dir::Etc::parts "/dev/null";\nDir::Etc::main "/dev/null";\n' + debian.host_settings()
        )
        options = {
            "Dir::State": folder,
            "Dir::State::status": folder / "status",
            "Dir::State::lists": folder / "lists",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        }
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        yield flags, {**ENV, "APT_CONFIG": str(folder / "apt.conf")}, folder


def unpack_from_trixie(package: str, wanted: str, target: Path) -> None:
    """Put one file of a Debian 13 package at ``target``, without installing anything.

    Raises LabError with what apt said if the package can't be fetched and verified.
    """
    with trixie_apt() as (flags, env, folder):
        run(["apt-get", *flags, "update", "-q"], env=env, timeout_s=FETCH_TIMEOUT_S)
        download = folder / "download"
        run(
            ["apt-get", *flags, "download", package],
            env=env,
            cwd=download,
            timeout_s=FETCH_TIMEOUT_S,
        )
        (deb,) = download.glob("*.deb")
        run(["dpkg-deb", "-x", str(deb), str(folder / "unpacked")])
        found = folder / "unpacked" / wanted.lstrip("/")
        if not found.is_file():
            raise LabError(f"Debian's {package} has no {wanted}")
        _place(found, target)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        fresh.chmod(0o755)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
