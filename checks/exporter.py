"""Checkpoint 7: finished spans leave every service in batches, every five seconds."""

from collections.abc import Mapping

from checks.result import Checkpoint, Finding, conclude, mend
from checks.sources import Sources
from checks.telemetry import Telemetry
from lab.errors import LabError

# Said here again, as the services take theirs from the trace contract's module.
INTERVAL_MS = 5000
FIX = (
    f"set SCHEDULE_DELAY_MS = {INTERVAL_MS} in services/telemetry/conventions.py, see that"
    " no overlay sets OTEL_BSP_SCHEDULE_DELAY, then `invoke up`"
)


def judge(configured: Mapping[str, Telemetry | LabError]) -> Finding:
    """The live span processor of every service has the interval of the trace contract."""
    good, problems = [], []
    for service, told in configured.items():
        if isinstance(told, LabError):
            problems.append((f"{service} doesn't tell its interval: {told}", mend(told)))
        elif told.schedule_delay_ms is None:
            problems.append((f"{service} has no BatchSpanProcessor", FIX))
        elif told.schedule_delay_ms != INTERVAL_MS:
            problems.append((f"{service} exports every {told.schedule_delay_ms:.0f} ms", FIX))
        else:
            good.append(service)
    evidence = [
        f"BatchSpanProcessor every {INTERVAL_MS} ms in {len(good)} of {len(configured)}"
        f" services: {', '.join(good) or 'none'}"
    ]
    return conclude(evidence, problems)


def find(sources: Sources) -> Finding:
    """Judge what the services say of their live processors."""
    return judge(sources.telemetry.result())


CHECKPOINT = Checkpoint(
    "exporter",
    "Spans leave every 5 seconds",
    "Without it, a trace is looked for before it has arrived, or exporting slows the queries.",
    find,
)
