"""Checkpoint 1: there are traces of whole queries to profile from."""

from collections import Counter

from checks import binomial
from checks.result import Checkpoint, Finding, conclude, send
from checks.shape import is_cached, is_failed, missing
from checks.sources import Sources
from checks.window import SETTLE_S, Window
from lab.traces.spans import Trace
from services.telemetry.conventions import SAMPLE_RATIO, SERVICES

NEEDED = 10
# Of the requests of the usual traffic; the others repeat a question, and the cache answers.
FRESH_SHARE = 0.7


def judge(traces: tuple[Trace, ...], window: Window) -> Finding:
    """At least ten complete traces; what is cached, failed or still arriving doesn't count."""
    cached = [trace for trace in traces if is_cached(trace)]
    uncached = [trace for trace in traces if not is_cached(trace)]
    complete = [trace for trace in uncached if not missing(trace)]
    partial = [trace for trace in uncached if missing(trace)]
    failed = [trace for trace in partial if is_failed(trace)]
    broken = [trace for trace in window.select(partial) if not is_failed(trace)]
    arriving = len(partial) - len(failed) - len(broken)
    services = {span.service for trace in complete for span in trace.spans} & set(SERVICES)
    evidence = [
        f"{len(complete)} complete traces of the last hour over {len(services)} services"
        f" ({NEEDED} needed)",
        f"not counted: {len(cached)} cached, {len(failed)} failed, {arriving} younger than"
        f" {SETTLE_S:.0f} s, {len(broken)} incomplete{_lacks(broken)}",
    ]
    if len(complete) >= NEEDED:
        return conclude(evidence, [])
    wrong = f"complete traces: {NEEDED - len(complete)} too few"
    return conclude(evidence, [(wrong, _fix(len(complete), broken))])


def find(sources: Sources) -> Finding:
    """Judge what Jaeger holds of the last hour, restarts of the services or not."""
    return judge(sources.held.result().queries, Window.before(sources.now_s))


def _lacks(broken: list[Trace]) -> str:
    counted = Counter(name for trace in broken for name in missing(trace))
    told = [f"{name} in {count}" for name, count in counted.most_common(3)]
    return f" (lacking {', '.join(told)})" if told else ""


def _fix(complete: int, broken: list[Trace]) -> str:
    requests = binomial.requests_for(NEEDED - complete, SAMPLE_RATIO * FRESH_SHARE)
    traffic = send(requests)
    if not broken:
        return traffic
    lacking = missing(broken[0])[0]
    service = lacking.rpartition(" of ")[2] if " of " in lacking else "gateway"
    return f"look at `invoke logs --service {service}`, run `invoke up`, then `{traffic}`"


CHECKPOINT = Checkpoint(
    "traces",
    "Whole queries are traced",
    "Without it, profiling starts from a trace that isn't there.",
    find,
)
