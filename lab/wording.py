"""The verdict in sentences: the evidence with its numbers, the root cause, what to do next."""

from lab.evidence import LEAST_MS, Evidence
from lab.facts import Calls
from lab.findings import Cause
from lab.stacks import Frame

BLOCKED_CPU_SHARE = 0.4
CROWDED_CPU_SHARE = 0.6
LISTED_CALLS = 3


def evidence(seen: Evidence) -> tuple[str, ...]:
    """The evidence in sentences, each with its numbers."""
    return (
        *_told_reproduction(seen),
        *_told_cpu(seen),
        *_told_calls(seen),
        *_told_samples(seen),
    )


def _told_reproduction(seen: Evidence) -> tuple[str, ...]:
    original = f"`{seen.name}` took {ms(seen.original_ms)} of its own in the trace"
    if seen.is_reproduced:
        return (f"{original} and {ms(seen.wall_ms)} in {_replays(seen)}",)
    return (f"{original}; it was not slow again when replayed, so the trace alone is judged",)


def _replays(seen: Evidence) -> str:
    if seen.occurrences == 1:
        return "one replay"
    return f"the mean of {seen.occurrences} replays"


def _told_cpu(seen: Evidence) -> tuple[str, ...]:
    if seen.cpu_share is None:
        return ("its CPU time is not known: the span began and ended on different threads",)
    used_ms = seen.cpu_share * seen.wall_ms
    return (
        f"its thread computed for {ms(used_ms)} of {ms(seen.wall_ms)} ({percent(seen.cpu_share)})",
    )


def _told_calls(seen: Evidence) -> tuple[str, ...]:
    return tuple(
        f"{calls.count} x {calls.label}: {ms(calls.own_us / 1000)}"
        for calls in seen.calls[:LISTED_CALLS]
        if calls.own_us >= 0.01 * seen.wall_ms * 1000 or calls is seen.repeated
    )


def _told_samples(seen: Evidence) -> tuple[str, ...]:
    samples = seen.samples
    if samples is None:
        return ()
    told = f"of about {samples.count} samples inside the span, {percent(samples.io_share)} waited"
    told += f" on a socket and {percent(samples.lock_share)} on a lock"
    told += f"; in {percent(samples.still_share)} the stack did not change for 100 ms or more"
    if samples.frame is None:
        return (told,)
    return (told, f"most of them were in {_place(samples.frame)} or below")


def hypothesis(cause: Cause, seen: Evidence, frame: Frame | None) -> str:
    """The root cause that the numbers speak for."""
    where = f", in {_place(frame)}" if frame else ""
    if cause == "inefficient_algorithm" and seen.repeated is not None:
        return (
            f"`{seen.name}` makes the same call {seen.repeated.count} times, one after the "
            f"other{where}: {seen.repeated.label}. The number of calls is the cost, "
            f"{ms(seen.repeated.own_us / 1000 / seen.repeated.count)} each."
        )
    if cause == "cpu":
        told = f"`{seen.name}` spends its time computing{where}."
        if seen.cpu_share is not None and seen.cpu_share < CROWDED_CPU_SHARE:
            told += " For a part of it it waited for the processor: the machine was busy."
        return told
    if cause == "io_wait":
        return _io_hypothesis(seen, where)
    if cause == "lock_wait":
        return f"`{seen.name}` waits for a lock or another thread{where}."
    if seen.original_ms < LEAST_MS:
        return (
            f"`{seen.name}` takes {ms(seen.original_ms)} of its own: nothing in this request is "
            f"slow. Spans below {ms(LEAST_MS)} can't be explained by sampling."
        )
    if seen.cpu_share is not None and seen.cpu_share < BLOCKED_CPU_SHARE:
        return (
            f"`{seen.name}` was blocked for most of its time{where}; no client span and no known "
            "waiting call tells by what: a sleep, a file, a lock taken in C?"
        )
    return (
        f"The numbers don't explain `{seen.name}`: neither computing nor a client call nor a "
        f"known waiting call takes most of its time{where}."
    )


def _io_hypothesis(seen: Evidence, where: str) -> str:
    calls = _main_call(seen)
    if calls is None:
        return f"`{seen.name}` waits on a socket{where}; no client span says for what."
    waits = f"`{seen.name}` waits for the answer to {calls.label}{where}."
    if calls.is_answered:
        return f"{waits} That service is in the trace; the time is lost between the two."
    return f"{waits} Whoever answers is outside the trace, so the time is that provider's own."


def next_step(cause: Cause, seen: Evidence, frame: Frame | None) -> str:
    """What to do about it."""
    if cause == "inefficient_algorithm":
        return "Ask for all of it in one call (a JOIN, an IN list, a batch or a pipeline)."
    if cause == "cpu":
        at = f" from {_place(frame)} downwards" if frame else ""
        return f"Read profile.svg{at}; then do less of that work, do it once, or do it elsewhere."
    if cause == "io_wait":
        return _io_next_step(seen)
    if cause == "lock_wait":
        return "Find who holds the lock meanwhile: look at the other threads in the speedscope."
    if not seen.is_reproduced or seen.original_ms < LEAST_MS:
        return (
            "Profile a slow trace that comes back: choose one with `invoke trace`, then "
            "`invoke profile --trace-id ID`."
        )
    return "Record longer (`--seconds`) and look where the stacks in the speedscope end."


def _io_next_step(seen: Evidence) -> str:
    calls = _main_call(seen)
    if calls is not None and calls.is_answered:
        return "Look at the connection between the two: its set-up, its pool, the size sent."
    if seen.tokens:
        told = " and ".join(f"{count:,} {_token_name(key)}" for key, count in reversed(seen.tokens))
        return (
            f"No change of this code makes the answer come sooner. Ask for less (it was {told}), "
            "ask a faster model, answer from the cache, or stream so that the wait shows less."
        )
    return (
        "No change of this code makes the answer come sooner. Ask for less, ask less often, "
        "or ask while something else is done."
    )


def _main_call(seen: Evidence) -> Calls | None:
    return seen.calls[0] if seen.calls else None


def _token_name(key: str) -> str:
    return key.removeprefix("llm.").replace("_", " ")


def _place(frame: Frame) -> str:
    return f"`{frame.function}` ({frame.path}:{frame.line})"


def ms(value: float) -> str:
    """Milliseconds to read, whole from 10 on."""
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def percent(share: float) -> str:
    """A share of 0 to 1 to read."""
    is_near_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{share:.1%}" if is_near_end else f"{share:.0%}"
