"""How much of a query each stage of the pipeline took."""

from dataclasses import dataclass

from lab.traces.spans import Trace
from services.telemetry.conventions import CACHE, STAGES


@dataclass(frozen=True)
class Stage:
    """One stage; ``share`` (0 to 1) is of the whole query."""

    name: str
    duration_us: int
    share: float


def stages(trace: Trace) -> tuple[Stage, ...]:
    """The stages that the query went through, in the pipeline's order; a repeated one summed up."""
    root = trace.root
    found: dict[str, int] = {}
    for child in trace.children(root):
        found[child.name] = found.get(child.name, 0) + child.duration_us
    return tuple(
        Stage(name, found[name], found[name] / root.duration_us if root.duration_us else 0.0)
        for name in (*STAGES, CACHE)
        if name in found
    )
