"""The root cause in words, and what to do about it."""

from lab.diagnosis.finding import Finding
from lab.diagnosis.findings import Slowest
from lab.diagnosis.wording import count, ms, percent, place
from lab.measure.measurement import ClientCalls

LEAST_SPAN_MS = 20.0


def hypothesis(finding: Finding) -> str:
    """The root cause that the numbers speak for."""
    explained, name = finding.explained, finding.case.cost.name
    culprit = explained.culprit
    where = f" in {place(culprit)}" if culprit else ""
    cost = f"{ms(finding.avoidable_ms)} of it can be avoided"
    sentences = {
        "retry_storm": f"`{name}` asks again and again{where}: {_failed(explained.calls)}",
        "redundant_tokens": f"The prompt has grown{where}: {explained.detail}, and the model's "
        "provider takes time for each of them",
        "inefficient_algorithm": _inefficient(finding, where),
        "pool_wait": f"`{name}` waits for a connection that others hold{where}",
        "event_loop_blocked": f"`{name}` holds up the event loop{where}: nothing else runs there "
        "meanwhile, no other request either",
        "lock_wait": f"`{name}` waits for a lock or for another thread{where}",
        "cpu": f"`{name}` computes more than it needs{where}",
        "io_wait": _io(finding, where),
        "unclear": f"`{name}` takes longer than it needs{where}; the numbers don't say why",
    }
    return f"{sentences[explained.cause]}. {cost[0].upper()}{cost[1:]}."


def next_step(finding: Finding) -> str:
    """What to do about it."""
    explained = finding.explained
    at = f" Begin at {place(explained.culprit)}." if explained.culprit else ""
    steps = {
        "retry_storm": "Find out why the calls fail; retry fewer times, with growing random "
        "pauses, and give up early (a retry budget or a circuit breaker).",
        "redundant_tokens": "Send less: leave out what the answer doesn't need.",
        "inefficient_algorithm": _less_work(finding),
        "pool_wait": "Hold connections for shorter, ask for fewer at a time, or make the pool as "
        "large as what uses it.",
        "event_loop_blocked": "Use an asynchronous client, or move the work into a thread "
        "(`anyio.to_thread.run_sync`) or another process.",
        "lock_wait": "Hold the lock for less: only around what is shared, not around the work; "
        "look at the other threads in the speedscope.",
        "cpu": "Do less of that work, do it once, or do it elsewhere; the span's flame graph shows "
        "which lines take it.",
        "io_wait": _less_waiting(finding),
        "unclear": "Record longer (`--seconds`) and look where the stacks in the speedscope end.",
    }
    return steps[explained.cause] + at


def nothing(slowest: Slowest, provider_share: float | None, request_ms: float) -> tuple[str, str]:
    """Hypothesis and next step where nothing can be avoided.

    ``provider_share`` (0 to 1) is how much of the slowest span is an answer from outside the
    trace, None where the replays don't show the span.
    """
    if slowest.self_ms < LEAST_SPAN_MS:
        return (
            f"Nothing in this request is slow: its slowest span, `{slowest.name}`, takes "
            f"{ms(slowest.self_ms)} of its own. Spans below {ms(LEAST_SPAN_MS)} can't be explained "
            "by sampling.",
            "Profile a slower trace: Jaeger's search lists them, `invoke profile --trace-id ID` "
            "takes one.",
        )
    if provider_share is not None and provider_share >= 0.5:
        return (
            f"There is nothing beyond the provider's own time: `{slowest.name}` waits for an "
            f"answer from outside the trace for {percent(provider_share)} of its time, and no "
            "function takes longer than it needs.",
            "No change of this code makes the answer come sooner. Ask for less, ask a faster "
            "model, answer from the cache, or stream so that the wait shows less.",
        )
    return (
        f"Nothing stands out: `{slowest.name}` is the largest part of a request of "
        f"{ms(request_ms)}, and neither it nor another takes clearly longer than it needs.",
        "If it is still too slow, the contributors show where the time goes.",
    )


def _failed(calls: ClientCalls | None) -> str:
    if calls is None:
        return "its calls fail"
    return f"{calls.errors:.3g} of {count(calls.count, 'call')} {calls.label} fail"


def _inefficient(finding: Finding, where: str) -> str:
    explained, name = finding.explained, finding.case.cost.name
    if explained.calls is not None:
        calls = explained.calls
        each = max(calls.own_ms, finding.avoidable_ms) / max(1.0, calls.count)
        return (
            f"`{name}` makes the same call {calls.count:,.4g} times, one after the other{where}: "
            f"{calls.label}. Their number is the cost, {ms(each)} each"
        )
    return f"`{name}` does much more work than its result needs{where}: {explained.detail}"


def _less_work(finding: Finding) -> str:
    if finding.explained.calls is not None:
        return "Ask for all of it in one call (a JOIN, an IN list, a batch or a pipeline)."
    if finding.explained.detail.startswith("called"):
        return "Compute it once and keep it: call it outside the loop, or cache its result."
    return (
        "Look for a loop inside a loop, or a pattern that backtracks; a set, a sort or a stricter "
        "pattern does the same in one pass."
    )


def _io(finding: Finding, where: str) -> str:
    name, calls = finding.case.cost.name, finding.explained.calls
    if finding.case.more_ms("sleep") > 0.5 * finding.avoidable_ms:
        return f"`{name}` sleeps{where}"
    if calls is None:
        return f"`{name}` waits{where}; no client span says for what"
    waits = f"`{name}` waits longer for the answer to {calls.label}{where}"
    if calls.is_answered:
        return f"{waits}. That service is in the trace; the time is lost between the two"
    return f"{waits}. Whoever answers is outside the trace"


def _less_waiting(finding: Finding) -> str:
    calls = finding.explained.calls
    if finding.case.more_ms("sleep") > 0.5 * finding.avoidable_ms:
        return "Take the sleep out, or wait for the event it stands for."
    if calls is None:
        return "Find what it waits for, then ask less often, or while something else is done."
    if calls.is_answered:
        return "Look at the connection between the two: its set-up, its pool, the size sent."
    return (
        "Ask who answers (status page, its own traces); set a timeout, ask for less, or answer "
        "from the cache."
    )
