"""Checkpoint 2: one request in ten is sampled, as configured and as seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import isclose

from checks import binomial
from checks.background import attempt
from checks.result import Checkpoint, Finding, conclude, mend, send
from checks.sources import Sources
from checks.telemetry import Telemetry
from checks.window import Window
from lab.errors import LabError
from lab.traces.jaeger import Jaeger
from lab.traffic.ledger import Sent
from services.telemetry.conventions import SAMPLE_RATIO

SEARCHED_ONE_BY_ONE = 20
NOTICED = (0.5, 0.05, 0.001)
SET_RATIO = (
    f"set `sampler = TraceIdRatioBased({SAMPLE_RATIO:.2f})` in services/telemetry/tracer.py, see"
    " that no overlay sets OTEL_TRACES_SAMPLER_ARG, then `invoke up`"
)
FIND_LOST = (
    f"look for lost spans in `invoke logs --service gateway`, run `invoke up`, then `{send()}`"
)
Problems = list[tuple[str, str]]


@dataclass(frozen=True)
class Observed:
    """The requests of the window and the trace ids among theirs that Jaeger holds."""

    requests: tuple[Sent, ...]
    held: frozenset[str]


def judge(configured: Mapping[str, Telemetry | LabError], observed: Observed | LabError) -> Finding:
    """Configured in every service, and not refuted by the requests that were really sent."""
    evidence: list[str] = []
    problems: Problems = []
    _judge_configured(configured, evidence, problems)
    if isinstance(observed, LabError):
        problems.append((f"nothing observed: {observed}", mend(observed)))
    else:
        _judge_ratio(observed, evidence, problems)
        _judge_decisions(observed, evidence, problems)
    return conclude(evidence, problems)


def observe(sources: Sources) -> Observed:
    """The ledger's requests since the lab started, looked up in Jaeger."""
    held = sources.held.result()
    window = Window.before(sources.now_s, sources.since_s(), held.since_s)
    sent = tuple(
        one
        for one in sources.ledger.result()
        if one.trace_id and window.holds(one.time_s, one.time_s + one.duration_ms / 1000)
    )
    ids = {trace.trace_id for trace in held.queries}
    absent = [one.trace_id for one in sent if one.sampled and one.trace_id not in ids]
    with Jaeger(sources.settings.url("jaeger")) as jaeger:
        found = {one for one in absent[:SEARCHED_ONE_BY_ONE] if jaeger.trace(one) is not None}
    return Observed(sent, frozenset(ids | found))


def find(sources: Sources) -> Finding:
    """Judge the live configuration and the hour's requests."""
    return judge(sources.telemetry.result(), attempt(partial(observe, sources)))


def _judge_configured(
    configured: Mapping[str, Telemetry | LabError], evidence: list[str], problems: Problems
) -> None:
    good = []
    for service, told in configured.items():
        if isinstance(told, LabError):
            problems.append((f"{service} doesn't tell its sampler: {told}", mend(told)))
        elif told.sample_ratio is None:
            problems.append((f"{service} samples by no ratio but {told.sampler}", SET_RATIO))
        elif not isclose(told.sample_ratio, SAMPLE_RATIO):
            wrong = f"{service} samples {told.sample_ratio:g} instead of {SAMPLE_RATIO:.2f}"
            problems.append((wrong, SET_RATIO))
        elif not told.parent_based:
            fix = (
                "wrap the sampler in ParentBased in services/telemetry/tracer.py, then `invoke up`"
            )
            problems.append((f"{service} ignores its caller's decision: {told.sampler}", fix))
        else:
            good.append(service)
    if good:
        evidence.append(f"configured {SAMPLE_RATIO:.2f}, parent-based, in {', '.join(good)}")


def _judge_ratio(observed: Observed, evidence: list[str], problems: Problems) -> None:
    free = [one for one in observed.requests if not one.forced]
    sent, needed = len(free), binomial.needed(SAMPLE_RATIO)
    if sent < needed:
        wrong = f"only {sent} requests since the lab started, {needed} needed to judge a ratio"
        problems.append((wrong, send(needed - sent)))
        return
    kept = sum(one.trace_id in observed.held for one in free)
    p = binomial.p_value(kept, sent, SAMPLE_RATIO)
    counted = (
        f"Jaeger holds {kept} of {sent} requests ({kept / sent:.1%}), expected"
        f" {sent * SAMPLE_RATIO:.1f}: p = {p:.2g} (exact binomial, two-sided by small"
        f" probabilities, alpha {binomial.ALPHA})"
    )
    if p < binomial.ALPHA:
        problems.append((counted, SET_RATIO if problems else FIND_LOST))
        return
    noticed = (f"{r:g} with {_percent(binomial.power(sent, SAMPLE_RATIO, r))}" for r in NOTICED)
    evidence += [counted, f"power: it would notice a ratio of {', '.join(noticed)}"]


def _judge_decisions(observed: Observed, evidence: list[str], problems: Problems) -> None:
    kept = [one for one in observed.requests if one.sampled]
    lost = [one.trace_id for one in kept if one.trace_id not in observed.held]
    surplus = [
        one.trace_id
        for one in observed.requests
        if not one.sampled and one.trace_id in observed.held
    ]
    if lost:
        wrong = f"{len(lost)} of {len(kept)} sampled requests are not in Jaeger, as {lost[0]}"
        problems.append((wrong, "look at `invoke logs --service gateway`, then `invoke up`"))
    elif kept:
        forced = sum(one.forced for one in kept)
        evidence.append(f"all {len(kept)} sampled requests are in Jaeger ({forced} forced)")
    if surplus:
        wrong = f"{len(surplus)} requests told to be unsampled are in Jaeger, as {surplus[0]}"
        fix = "look at ParentBased in services/telemetry/tracer.py, then `invoke up`"
        problems.append((wrong, fix))


def _percent(share: float) -> str:
    return "> 99.9 %" if share > 0.999 else f"{share:.0%}".replace("%", " %")


CHECKPOINT = Checkpoint(
    "sampling",
    "One request in ten is sampled",
    "Without it, profiling looks at one request in a thousand, or pays for tracing every one.",
    find,
)
