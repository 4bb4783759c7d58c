"""A span's own time, parted into computing, waiting, and neither."""

from dataclasses import dataclass
from statistics import median

from lab.doing import Clues, Doing, is_on_loop, split, total_ms
from lab.measurement import SpanCost

WAITS: tuple[Doing, ...] = ("io", "lock", "pool", "sleep", "blocked", "idle")
# Where the stacks cover less of a span than this, what they don't show is not called anything.
COVERED = 0.5


@dataclass(frozen=True)
class Balance:
    """Milliseconds of one replay of a span's own time.

    ``cpu_ms`` is the CPU time its thread used, None where that says nothing of the work (it went on
    in another thread). ``computing_ms`` is that or, without it, what the stacks say. ``crowded_ms``
    is time in which it neither used the processor nor waited for anything: it would have computed,
    but others had the processor or the interpreter.
    """

    own_ms: float
    cpu_ms: float | None
    computing_ms: float
    waiting_ms: float
    crowded_ms: float
    calls_ms: float
    provider_ms: float


def balance(cost: SpanCost, clues: Clues) -> Balance:
    """The span's balance; ``provider_ms`` are its calls that no traced service answers."""
    own_ms = median(cost.own_ms)
    parts = split(cost, clues)
    quiet_ms = sum(total_ms(parts.get(kind, {})) for kind in WAITS)
    seen_ms = total_ms(parts.get("computing", {}))
    calls_ms = sum(one.own_ms for one in cost.calls)
    cpu_ms = median(cost.cpu_ms) if cost.cpu_ms is not None and not is_elsewhere(cost) else None
    waiting_ms = min(own_ms, max(quiet_ms, calls_ms - (cpu_ms or 0.0)))
    crowded_ms = 0.0
    if cpu_ms is not None and total_ms(cost.stacks) >= COVERED * own_ms:
        # What computed by its stacks but not by the processor's clock.
        crowded_ms = max(0.0, min(seen_ms, own_ms - waiting_ms) - cpu_ms)
    return Balance(
        own_ms=own_ms,
        cpu_ms=cpu_ms,
        computing_ms=seen_ms if cpu_ms is None else cpu_ms,
        waiting_ms=waiting_ms,
        crowded_ms=crowded_ms,
        calls_ms=calls_ms,
        provider_ms=sum(one.own_ms for one in cost.calls if not one.is_answered),
    )


def is_elsewhere(cost: SpanCost) -> bool:
    """Whether a good part of the span's work went on in another thread than the span's own.

    A request's span begins on the event loop, a plain handler then runs on a worker thread.
    """
    on_loop_ms = sum(ms for stack, ms in cost.stacks.items() if is_on_loop(stack))
    whole_ms = total_ms(cost.stacks)
    return (on_loop_ms > 0 and whole_ms - on_loop_ms >= 0.2 * whole_ms) or (
        on_loop_ms == 0 and _began_on_loop(cost) and whole_ms > 0
    )


def _began_on_loop(cost: SpanCost) -> bool:
    """Whether it is a request's own span, which the server opens on its loop."""
    return cost.name.split(" ", 1)[0] in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
