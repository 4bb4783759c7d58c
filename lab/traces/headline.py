"""What to know of a trace at a glance: when, how long, for whom, which stage, which span."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lab.duration import milliseconds
from lab.traces.folding import slowest_span
from lab.traces.labels import label, place, printable
from lab.traces.spans import Trace
from lab.traces.stages import stages
from services.telemetry.conventions import COST_USD, USER_ID


def headline(trace: Trace, urls: Iterable[str]) -> Iterator[RenderableType]:
    """The trace's identity, its totals, its pages and the stages' shares."""
    root = trace.root
    yield Text.assemble("trace ", (trace.trace_id, "bold"), f"  {started(trace)}")
    yield Text("  ".join(_totals(trace)))
    for url in urls:
        yield Text(url, style="underline", no_wrap=True, overflow="ignore")
    lost = [span for span in trace.roots if span is not root]
    if lost:
        names = ", ".join(sorted({f"{label(span)} ({printable(span.service)})" for span in lost}))
        told = f"without their parent (still arriving, or context was lost): {names}"
        yield Text(told, style="red")
    if stages(trace):
        yield Text()
        yield _stages(trace)


def verdict(trace: Trace) -> Text:
    """The span that was waited for longest, and by how much more than the next."""
    ranked = slowest_span(trace)
    told = Text.assemble(
        "slowest span: ",
        (place(trace, ranked.span), "bold"),
        f" ({printable(ranked.span.service)}): {milliseconds(ranked.critical_self_us / 1000)} ms "
        f"of the critical path, {ranked.share:.0%} of the whole",
    )
    if ranked.next_span is not None:
        ahead = milliseconds(ranked.ahead_of_next_us / 1000)
        told.append(f", {ahead} ms ahead of {place(trace, ranked.next_span)}")
    return told


def started(trace: Trace) -> str:
    """When the trace began, in this machine's time zone."""
    at = datetime.fromtimestamp(trace.root.start_us / 1e6, UTC).astimezone()
    return at.isoformat(sep=" ", timespec="milliseconds")


def _totals(trace: Trace) -> Iterator[str]:
    root = trace.root
    services = {span.service for span in trace.spans}
    yield f"{milliseconds(root.duration_ms)} ms"
    yield f"{len(services)} service{'s'[: len(services) != 1]}"
    yield f"{len(trace.spans)} span{'s'[: len(trace.spans) != 1]}"
    if USER_ID in root.attributes:
        yield f"user {root.attributes[USER_ID]}"
    cost = root.attributes.get(COST_USD)
    if isinstance(cost, int | float):
        yield f"${cost:.4f}"


def _stages(trace: Trace) -> Table:
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim", padding=(0, 3))
    found = stages(trace)
    for stage in found:
        table.add_column(stage.name)
    table.add_row(*(f"{milliseconds(one.duration_us / 1000)} ms {one.share:.1%}" for one in found))
    return table
