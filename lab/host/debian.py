"""This machine as Debian's tools see it: its distribution, its mirrors, its apt settings."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.run import run

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ARCHIVE = "http://deb.debian.org/debian"
TARGETS = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
SECURITY = "http://deb.debian.org/debian-security"
# settings of this machine's apt that say how to reach and check a mirror, and nothing else
CARRIED = re.compile(
    r"^Acquire::(?:https?::.*|Check-Valid-Until|Check-Date|Max-ValidTime.*|Retries|ForceIPv[46]) "
)


@dataclass(frozen=True)
class Distribution:
    """This machine's distribution: ``id`` and ``codename`` as in os-release, and its likes."""

    id: str
    codename: str
    like: frozenset[str]

    @property
    def has_apt(self) -> bool:
        return bool({self.id, *self.like} & {"debian", "ubuntu"})


def distribution(os_release: str) -> Distribution:
    """Read the text of /etc/os-release."""
    pairs = (line.partition("=") for line in os_release.splitlines())
    found = {key: value.strip().strip("\"'") for key, equals, value in pairs if equals}
    return Distribution(
        found.get("ID", "unknown"),
        found.get("VERSION_CODENAME", ""),
        frozenset(found.get("ID_LIKE", "").split()),
    )


def this_machine() -> Distribution:
    """The distribution this process runs on; id is "unknown" where it can't be told."""
    path = Path("/etc/os-release")
    return distribution(path.read_text() if path.exists() else "")


def trixie_sources(targets: str, codename: str) -> str:
    """A one-line-format source list for Debian 13 on the mirrors this machine uses.

    ``targets`` are lines of ``apt-get indextargets`` in the format TARGETS. Other archives that use
    Debian's suite names are passed over. A suite for which the machine has no http(s) mirror of its
    own is taken from Debian's canonical archive.
    """
    mirrors: dict[str, str] = {}
    for line in targets.splitlines():
        uri, release, component, origin = line.split()[:4]
        if component == "main" and codename and _is_debian(uri, origin):
            mirrors.setdefault(release.replace(codename, SUITE, 1), uri.rstrip("/"))
    main = mirrors.get(SUITE, ARCHIVE)
    updates = mirrors.get(f"{SUITE}-updates", main)
    security = mirrors.get(f"{SUITE}-security", SECURITY)
    signed = f"[signed-by={KEYRING}]"
    return (
        f"deb {signed} {main} {SUITE} main\n"
        f"deb {signed} {updates} {SUITE}-updates main\n"
        f"deb {signed} {security} {SUITE}-security main\n"
    )


def _is_debian(uri: str, origin: str) -> bool:
    if not uri.startswith(("http://", "https://")):
        return False
    unknown = origin == "$(ORIGIN)"  # before the first `apt-get update`
    return origin == "Debian" or (unknown and "/debian" in uri)


def host_sources() -> str:
    """The source list for Debian 13 derived from this machine's apt, or Debian's canonical one."""
    machine = this_machine()
    if machine.id != "debian" or not shutil.which("apt-get"):
        return trixie_sources("", "")
    argv = ["apt-get", "indextargets", "--format", TARGETS, "Created-By: Packages"]
    listed = run(argv, check=False)
    return trixie_sources(listed.stdout, machine.codename)


def carried_settings(dump: str) -> str:
    """Those lines of ``apt-config dump`` that say how to reach and check a mirror."""
    return "".join(f"{line}\n" for line in dump.splitlines() if CARRIED.match(line))


def host_settings() -> str:
    """This machine's apt settings for proxies, certificates and dates, as an apt.conf text."""
    if not shutil.which("apt-config"):
        return ""
    return carried_settings(run(["apt-config", "dump"], check=False).stdout)


def system_path() -> str:
    """PATH with the folders of system programs, which a user's and `su`'s may lack."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
