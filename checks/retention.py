"""Checkpoint 8: Jaeger keeps traces for thirty days, and over a restart."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.jaeger_store import Store, read, volume_of
from checks.result import Checkpoint, Finding, conclude
from checks.sources import Sources
from lab.stack import containers
from services.telemetry.conventions import RETENTION_DAYS, SAMPLE_RATIO

HOURS = RETENTION_DAYS * 24
REQUESTS_PER_DAY = 10_000
TRACES_PER_DAY = round(REQUESTS_PER_DAY * SAMPLE_RATIO)
MOUNT = "mount the volume jaeger-data there in compose/lab.yaml, then `invoke up`"
IN_CONFIG = "in compose/images/jaeger/config.yaml, then `invoke up`"
# Go's time.ParseDuration
UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def judge(store: Store) -> Finding:
    """Badger, not ephemeral, with a time to live of 30 days, in directories on named volumes."""
    if store.written_to != store.read_from:
        wrong = f"Jaeger writes to {store.written_to!r} and reads from {store.read_from!r}"
        return conclude([], [(wrong, f"name the same trace storage twice {IN_CONFIG}")])
    if store.badger is None:
        wrong = f"the trace storage {store.written_to!r} is not Badger"
        return conclude([], [(wrong, f"set a badger backend {IN_CONFIG}")])
    ttl = str((store.badger.get("ttl") or {}).get("spans", ""))
    directories = (store.badger.get("directories") or {}).values()
    on = {str(path): volume_of(str(path), store.volumes) for path in directories}
    problems = [
        *((wrong, f"set {setting} {IN_CONFIG}") for wrong, setting in _settings(store.badger, ttl)),
        *((f"{path} is on no named volume", MOUNT) for path, volume in on.items() if not volume),
    ]
    volumes = ", ".join(sorted({volume for volume in on.values() if volume})) or "none"
    evidence = [
        f"Badger keeps spans {ttl or 'for its default'} ({RETENTION_DAYS} days wanted) on volume"
        f" {volumes}",
        f"expected: {REQUESTS_PER_DAY:,} requests a day make {TRACES_PER_DAY:,} traces a day,"
        f" {TRACES_PER_DAY * RETENTION_DAYS:,} kept",
    ]
    return conclude(evidence, problems)


def _settings(badger: Mapping[str, Any], ttl: str) -> Iterator[tuple[str, str]]:
    """What is wrong with Badger's settings, and what to set instead."""
    if duration_s(ttl) != HOURS * 3600:
        yield f"ttl.spans is {ttl or 'not set, so 72h'}, not {HOURS}h", f"ttl.spans: {HOURS}h"
    if badger.get("ephemeral", True) is not False:
        yield "the storage is ephemeral: a restart loses every trace", "ephemeral: false"
    if not badger.get("directories"):
        yield "no directories are set", "directories"


def find(sources: Sources) -> Finding:
    """Read the configuration files that the running Jaeger was started with."""
    return judge(read(containers.container(sources.settings, "jaeger")))


def duration_s(text: str) -> float | None:
    """Seconds of a Go duration such as ``720h`` or ``1h30m``, None where it is none."""
    parts = DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * UNITS_S[unit] for number, unit in parts)


CHECKPOINT = Checkpoint(
    "retention",
    "Traces are kept for 30 days",
    "Without it, last week's slow query is gone when somebody asks for it.",
    find,
)
