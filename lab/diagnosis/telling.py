"""The evidence in sentences, each with its numbers: what speaks for a finding, and against it."""

from collections.abc import Iterator

from lab.diagnosis.finding import CROWDED_SHARE, ENOUGH_REPLAYS, Finding
from lab.diagnosis.wording import count, ms, percent, place
from lab.measure.measurement import ClientCalls

LISTED_CALLS = 3
LISTED_BELOW = 3
MACHINE_DIFFERS = 0.1


def evidence(finding: Finding) -> tuple[str, ...]:
    """What speaks for it."""
    return (
        *_times(finding),
        *_processor(finding),
        *_calls(finding),
        *_stacks(finding),
        *_counted(finding),
        *_growth(finding),
        *_background(finding),
    )


def against(finding: Finding) -> tuple[str, ...]:
    """What weakens it."""
    return tuple(_against(finding))


def _times(finding: Finding) -> Iterator[str]:
    case, cost = finding.case, finding.case.cost
    taken = f"`{cost.name}` took {ms(cost.typical_ms)} of its own on the critical path"
    replays = case.comparison.now.replays
    if replays > 1:
        taken += f" (median of {replays} replays, {ms(min(cost.critical_ms))} to "
        taken += f"{ms(max(cost.critical_ms))})"
    excess = case.excess
    if excess is None or finding.by_itself:
        yield f"{taken}; {ms(finding.avoidable_ms)} of it can be avoided by the evidence alone"
        return
    if case.comparison.basis == "reference":
        healthy = f"in the healthy reference of the same request {ms(excess.expected_ms)}"
    else:
        healthy = f"by the reference of another request at most {ms(excess.expected_ms)}"
    yield f"{taken}, {healthy}; noise explains {ms(excess.noise_ms)}"


def _processor(finding: Finding) -> Iterator[str]:
    now, before = finding.case.balance, finding.case.balance_before
    if now.cpu_ms is None:
        return
    told = f"its thread computed for {ms(now.cpu_ms)} of {ms(now.own_ms)} "
    told += f"({percent(min(1.0, now.cpu_ms / now.own_ms) if now.own_ms else 0.0)})"
    if before is not None and before.cpu_ms is not None:
        told += f", in the reference for {ms(before.cpu_ms)}"
    yield told


def _calls(finding: Finding) -> Iterator[str]:
    case = finding.case
    shown = [one for one in case.cost.calls if one.own_ms >= 0.05 * case.cost.typical_ms]
    for calls in sorted(shown, key=lambda one: -one.own_ms)[:LISTED_CALLS]:
        told = f"{count(calls.count, 'call')} {calls.label}: {ms(calls.own_ms)}"
        if calls.errors:
            told += f", {calls.errors:.3g} of them failed"
        yield told + _calls_before(finding, case.calls_before(calls))
    explained = finding.explained
    # Of an inefficient algorithm the hypothesis tells it.
    if explained.detail and (explained.calls or explained.cause != "inefficient_algorithm"):
        yield explained.detail


def _calls_before(finding: Finding, before: ClientCalls | None) -> str:
    if before is None:
        return "" if finding.case.comparison.reference is None else " (none in the reference)"
    return f" (reference: {count(before.count, 'call')}, {ms(before.own_ms)})"


def _stacks(finding: Finding) -> Iterator[str]:
    culprit = finding.explained.culprit
    if culprit is None or culprit.total_ms is None:
        return
    samples = finding.case.cost.samples
    beyond = "" if finding.by_itself else ", beyond the reference's,"
    where = f"about {samples:,} samples in the span"
    if finding.in_spans > 1:
        where = f"in {finding.in_spans} spans together"
    taken = f"{ms(culprit.delta_ms)} of the stacks' time{beyond}"
    yield f"{taken} is in {place(culprit)} or below ({where})"
    for below in culprit.below[:LISTED_BELOW]:
        yield f"below it, {below.name}: {ms(below.ms)}"


def _counted(finding: Finding) -> Iterator[str]:
    counted, culprit = finding.counted, finding.explained.culprit
    if counted is None or culprit is None:
        return
    told = f"the counted replay saw {count(counted.calls, 'call')} of `{culprit.function}`"
    if counted.distinct_arguments is not None and counted.calls > 1:
        told += f", with {counted.distinct_arguments:,} different arguments"
    yield told
    for one in sorted(counted.builtins, key=lambda builtin: -builtin.total_ms)[:LISTED_BELOW]:
        if one.total_ms >= 0.1 * finding.avoidable_ms:
            yield f"it calls `{one.callee}` {one.calls:,} x, {ms(one.total_ms)} there"


def _growth(finding: Finding) -> Iterator[str]:
    for work, exponent in finding.exponents:
        yield f"its time grows with the power {exponent:.1f} of {work}"


def _background(finding: Finding) -> Iterator[str]:
    if finding.explained.cause not in {"lock_wait", "pool_wait"}:
        return
    for busy in finding.case.comparison.now.background:
        own = {
            frame.function: spent
            for stack, spent in busy.stacks.items()
            for frame in stack
            if frame.is_own and not frame.is_expression
        }
        if busy.service == finding.case.cost.service and own:
            name = max(own, key=lambda key: own[key])
            yield f"meanwhile a background thread of {busy.service} is in `{name}`"


def _against(finding: Finding) -> Iterator[str]:
    case, comparison = finding.case, finding.case.comparison
    used = comparison.used
    if used is None:
        yield "there is no healthy reference: judged from the evidence alone"
    elif not used.of_same_request:
        yield "the healthy reference is of another request, taken as the most that this may cost"
    elif finding.is_shown_by_reference:
        yield "the healthy reference spends that time too: it was there before, or is intended"
    if used is not None and abs(used.machine_factor - 1) > MACHINE_DIFFERS:
        speed = 1 / used.machine_factor
        yield f"the machine computes at {speed:.2f} of its speed for the reference; allowed for"
    if comparison.now.replays < ENOUGH_REPLAYS:
        yield "it rests on one replay"
    excess = case.excess
    if excess is not None and excess.crowded_ms > CROWDED_SHARE * finding.avoidable_ms:
        waited = f"it also waited {ms(excess.crowded_ms)} longer for the processor"
        yield f"{waited}: the machine was busy"
    if finding.in_spans and excess is not None:
        yield (
            f"`{case.cost.name}` as a whole doesn't tell (noise {ms(excess.noise_ms)}); the "
            "function alone stands out"
        )
    elif (
        not finding.by_itself and excess is not None and finding.avoidable_ms < 2 * excess.noise_ms
    ):
        yield f"it is less than twice the noise of {ms(excess.noise_ms)}"
    if finding.explained.culprit is None:
        yield "no stack and no count leads to a function of our own code"
