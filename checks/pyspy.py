"""Checkpoint 9: py-spy can read the stacks of every service."""

from collections.abc import Mapping

from checks.background import each
from checks.result import Checkpoint, Finding, conclude, mend
from checks.sources import Sources
from lab.errors import LabError
from lab.measure.pyspy import Attached, can_attach
from services.telemetry.conventions import SERVICES


def judge(tried: Mapping[str, Attached | LabError]) -> Finding:
    """A dump of every service's threads was read."""
    read, problems = [], []
    for service, result in tried.items():
        if isinstance(result, LabError):
            problems.append((f"{service}: {result}", mend(result)))
        else:
            read.append(f"{service} ({result.threads} threads, Python {result.python})")
    evidence = [f"stacks read from {len(read)} of {len(tried)}: {', '.join(read) or 'none'}"]
    return conclude(evidence, problems)


def find(sources: Sources) -> Finding:
    """Attach a short-lived sidecar to each service, side by side."""
    return judge(each(SERVICES, lambda service: can_attach(sources.settings, service)))


CHECKPOINT = Checkpoint(
    "pyspy",
    "py-spy can attach",
    "Without it, the profiler can't see which function the slow span was in.",
    find,
)
