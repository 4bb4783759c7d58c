"""What is wrong with this machine, or with the lab on it, and how to mend it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psutil
from rich.markup import escape
from rich.table import Table

from lab.errors import LabError
from lab.host import ports
from lab.images import ensure as images
from lab.run import CommandError, run
from lab.settings import PORTS, ROOT, Settings
from lab.stack.containers import all_containers, client

Verdict = Literal["ok", "warning", "problem"]
NEEDED_DISK_BYTES = 8 << 30
NEEDED_MEMORY_BYTES = 3 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``fix`` is what to do about it, empty where nothing is to be done."""

    subject: str
    verdict: Verdict
    found: str
    fix: str = ""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; a look that fails is a finding, not an error."""
    looks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("container engine", _engine),
        ("docker compose", _compose),
        ("memory", _memory),
        ("disk", _disk),
        ("host ports", _ports),
        ("images", _images),
        ("Debian packages", _packages),
        ("proxy, index, CA", _network),
        ("containers", _containers),
    )
    return tuple(_guarded(subject, look, settings) for subject, look in looks)


def _guarded(subject: str, look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except LabError as error:
        return Finding(subject, "problem", str(error))


def _engine(_: Settings) -> Finding:
    version = client().version()
    return Finding("container engine", "ok", f"{version['Version']}, API {version['ApiVersion']}")


def _compose(_: Settings) -> Finding:
    try:
        found = run(["docker", "compose", "version", "--short"], timeout_s=20).stdout.strip()
    except CommandError as error:
        return Finding("docker compose", "problem", str(error), "run `invoke up`: it installs it")
    return Finding("docker compose", "ok", found)


def _memory(_: Settings) -> Finding:
    available = psutil.virtual_memory().available
    found = f"{available / (1 << 30):.1f} GiB available"
    if available < NEEDED_MEMORY_BYTES:
        needed = NEEDED_MEMORY_BYTES >> 30
        return Finding(
            "memory", "warning", found, f"end other programs: the lab needs {needed} GiB"
        )
    return Finding("memory", "ok", found)


def _disk(_: Settings) -> Finding:
    places = {"the checkout": ROOT}
    engine_dir = Path(str(client().info().get("DockerRootDir", "")))
    if engine_dir.is_dir():
        places["the engine"] = engine_dir
    free = {name: shutil.disk_usage(path).free for name, path in places.items()}
    found = ", ".join(f"{size / (1 << 30):.0f} GiB free for {name}" for name, size in free.items())
    if min(free.values()) < NEEDED_DISK_BYTES:
        fix = f"building the images takes {NEEDED_DISK_BYTES >> 30} GiB; `docker builder prune`"
        return Finding("disk", "warning", found, fix)
    return Finding("disk", "ok", found)


def _ports(settings: Settings) -> Finding:
    ports.require_free(settings, client().containers.list(ignore_removed=True))
    listed = ", ".join(str(settings.port(service)) for service in PORTS)
    return Finding("host ports", "ok", f"{listed} are free or this lab's own")


def _images(settings: Settings) -> Finding:
    chosen = images.current(settings)
    if chosen is None:
        return Finding("images", "warning", "not all there, or of older sources", "`invoke up`")
    return Finding("images", "ok", f"all there, source: {chosen.source}")


def _packages(settings: Settings) -> Finding:
    drift = images.package_drift(settings)
    if drift:
        fix = "nothing breaks by itself; `python -m lab.images.record_packages` once the tests pass"
        return Finding("Debian packages", "warning", "; ".join(drift[:8]), fix)
    return Finding("Debian packages", "ok", "as recorded")


def _network(_: Settings) -> Finding:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL", "GOPROXY")
    given = [name for name in names if os.environ.get(name) or os.environ.get(name.lower())]
    ca_file = os.environ.get("SSL_CERT_FILE")
    if ca_file and not Path(ca_file).is_file():
        fix = "correct or unset SSL_CERT_FILE"
        return Finding("proxy, index, CA", "problem", f"{ca_file} is no file", fix)
    found = f"set and carried into builds: {', '.join(given)}" if given else "none set"
    return Finding("proxy, index, CA", "ok", found)


def _containers(settings: Settings) -> Finding:
    found = all_containers(settings)
    stopped = [str(c.name) for c in found if c.status != "running"]
    if stopped:
        fix = "look at `invoke logs`, then `invoke up`"
        return Finding("containers", "problem", f"not running: {', '.join(stopped)}", fix)
    return Finding("containers", "ok", f"{len(found)} of {settings.name!r} running")


def render(findings: tuple[Finding, ...]) -> Table:
    """A table that fits 80 columns, with what to do under what was found."""
    colours = {"ok": "green", "warning": "yellow", "problem": "red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        colour = colours[finding.verdict]
        fix = f"\n[bold]do:[/bold] {escape(finding.fix)}" if finding.fix else ""
        verdict = f"[{colour}]{finding.verdict}[/{colour}]"
        table.add_row(verdict, finding.subject, escape(finding.found) + fix)
    return table


def to_json(findings: tuple[Finding, ...]) -> dict[str, object]:
    """`{healthy, findings: [{subject, verdict, found, fix}]}`."""
    healthy = all(finding.verdict != "problem" for finding in findings)
    return {"healthy": healthy, "findings": [asdict(finding) for finding in findings]}
