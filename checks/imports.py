"""Checkpoint 4: both tracers can be imported where the services run."""

from collections.abc import Mapping

from checks.background import each
from checks.result import Checkpoint, Finding, conclude, mend
from checks.sources import Sources
from lab.errors import LabError
from lab.run import Completed
from lab.stack import containers
from services.telemetry.conventions import SERVICES

COMMAND = (
    "python",
    "-c",
    "import opentelemetry; from ddtrace import tracer; print('Ready')",
)
TIMEOUT_S = 10.0
REBUILD = (
    "see that requirements/services.in names ddtrace and opentelemetry-sdk, run"
    " `requirements/compile.sh`, then `invoke up`"
)


def judge(ran: Mapping[str, Completed | LabError]) -> Finding:
    """Every service's Python says Ready, and nothing else."""
    ready, problems = [], []
    for service, done in ran.items():
        if isinstance(done, LabError):
            problems.append((f"{service} can't be asked: {done}", mend(done)))
        elif done.exit_code == 0 and done.stdout.strip() == "Ready":
            ready.append(service)
        else:
            problems.append((f"{service} ended with {done.exit_code}: {_last_line(done)}", REBUILD))
    evidence = [f"Ready in {len(ready)} of {len(ran)} containers: {', '.join(ready) or 'none'}"]
    return conclude(evidence, problems)


def find(sources: Sources) -> Finding:
    """Run the import in each service's container, side by side."""
    settings = sources.settings
    return judge(each(SERVICES, lambda one: containers.execute(settings, one, COMMAND, TIMEOUT_S)))


def _last_line(done: Completed) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else "it wrote nothing"


CHECKPOINT = Checkpoint(
    "imports",
    "Both tracers import in every service",
    "Without it, profiling stops at an import error.",
    find,
)
