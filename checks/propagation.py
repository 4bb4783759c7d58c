"""Checkpoint 5: a trace's context crosses every process boundary."""

from collections.abc import Iterator

from checks.result import Checkpoint, Finding, conclude, send
from checks.shape import entry, is_cached, is_of_a_query, orphans, uncrossed
from checks.sources import Sources
from checks.window import Window
from lab.traces.spans import Trace

TRAFFIC = send()
MEND = (
    "see that services/telemetry/tracer.py sets the tracecontext propagator and that the httpx"
    f" clients are instrumented, run `invoke up`, then `{TRAFFIC}`"
)


def judge(traces: tuple[Trace, ...], window: Window) -> Finding:
    """One entry, no orphan, and a server span of the callee under every stage that worked."""
    settled = window.select(traces)
    entered = [trace for trace in settled if entry(trace) is not None]
    wrong = [*_elsewhere(settled), *_orphaned(entered), *_uncalled(entered)]
    problems = [(told, MEND) for told in wrong]
    queries = [trace for trace in entered if not is_cached(trace)]
    if not queries:
        problems.append(("no uncached query since the lab started", MEND if wrong else TRAFFIC))
    whole = sum(not orphans(trace) and not uncrossed(trace) for trace in queries)
    spans = sum(len(trace.spans) for trace in settled)
    evidence = [
        f"{whole} of {len(queries)} uncached queries since the lab started are whole over all"
        f" processes; {len(settled)} traces with {spans} spans looked at"
    ]
    return conclude(evidence, problems)


def _elsewhere(settled: tuple[Trace, ...]) -> Iterator[str]:
    found = [trace for trace in settled if entry(trace) is None and is_of_a_query(trace)]
    if found:
        root = found[0].root
        yield (
            f"{len(found)} traces begin elsewhere than in the gateway, as {found[0].trace_id} with"
            f" {root.name} of {root.service}"
        )


def _orphaned(entered: list[Trace]) -> Iterator[str]:
    found = [(trace, orphans(trace)) for trace in entered if orphans(trace)]
    if found:
        trace, lost = found[0]
        yield (
            f"{sum(len(spans) for _, spans in found)} orphan spans in {len(found)} traces, as"
            f" {lost[0].name} of {lost[0].service} in {trace.trace_id}"
        )


def _uncalled(entered: list[Trace]) -> Iterator[str]:
    found = [(trace, uncrossed(trace)) for trace in entered if uncrossed(trace)]
    if found:
        stages = sorted({stage for _, lacking in found for stage in lacking})
        yield (
            f"{len(found)} traces have no server span of another process below"
            f" {', '.join(stages)}, as {found[0][0].trace_id}"
        )


def find(sources: Sources) -> Finding:
    """Judge what Jaeger holds since the lab started, wherever it begins."""
    held = sources.held.result()
    every = {trace.trace_id: trace for trace in (*held.elsewhere, *held.queries)}
    window = Window.before(sources.now_s, sources.since_s(), held.since_s)
    return judge(tuple(every.values()), window)


CHECKPOINT = Checkpoint(
    "propagation",
    "Context crosses every process boundary",
    "Without it, a query falls apart into pieces, and the slow piece is not found.",
    find,
)
