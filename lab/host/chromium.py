"""A Chromium to look at the lab's pages with: as found; installed as root on Debian."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab.errors import UnavailableError
from lab.host import apt, debian
from lab.host.debian import Distribution
from lab.locks import one_at_a_time
from lab.settings import ROOT
from lab.watched import Report, Watch

VARIABLE = "TRACELAB_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
LOCK = ROOT / ".tracelab" / "chromium.lock"
# It runs as root in containers, without a GPU, and speaks to this machine's loopback alone.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def ensure(report: Report) -> Path:
    """The browser's executable.

    Raises UnavailableError where there is none and this user can't install one from here, LabError
    where installing fails.
    """
    found = find(os.environ)
    if found:
        return found
    require_installable(debian.this_machine(), os.geteuid() == 0)
    with one_at_a_time(LOCK, report, "it is installing Chromium"):
        if not find(os.environ):
            watch = Watch(report, ROOT / ".tracelab" / "logs")
            apt.update(watch)
            report("no Chromium here; installing Debian's")
            apt.install(watch, "chromium install", [PACKAGE])
    found = find(os.environ)
    if not found:
        raise UnavailableError(f"Debian's {PACKAGE} is installed, but none of {NAMES} is on PATH")
    return found


def find(env: Mapping[str, str]) -> Path | None:
    """The Chromium named by TRACELAB_CHROMIUM, or the first on PATH; None where there is none.

    Raises UnavailableError where TRACELAB_CHROMIUM names nothing that can be run.
    """
    chosen = env.get(VARIABLE)
    if chosen:
        if not os.access(chosen, os.X_OK) or Path(chosen).is_dir():
            raise UnavailableError(f"{VARIABLE} is {chosen!r}, which can't be run")
        return Path(chosen)
    for name in NAMES:
        path = shutil.which(name, path=env.get("PATH"))
        if path:
            return Path(path)
    return None


def require_installable(machine: Distribution, is_root: bool) -> None:
    """Raises UnavailableError with the next step where apt can't install Chromium from here.

    Ubuntu's package of that name is a link to a snap, which needs a running snapd.
    """
    choose = f"install Chromium or Chrome, or name one by {VARIABLE}=/path/to/chromium"
    if machine.id != "debian":
        raise UnavailableError(f"there is no Chromium on PATH; {choose}")
    if not is_root:
        raise UnavailableError(
            f"there is no Chromium on PATH; run\n  sudo apt-get install -y {PACKAGE}\nor {choose}"
        )
