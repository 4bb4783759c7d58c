"""A span's own time, parted into computing, waiting, and neither."""

from dataclasses import dataclass
from statistics import median

from lab.doing import Clues, Doing, is_on_loop, is_server, split, total_ms
from lab.measurement import SpanCost

WAITS: tuple[Doing, ...] = ("io", "lock", "pool", "sleep", "blocked", "idle")
# Where the stacks cover less of a span than this, what they don't show is not called anything.
COVERED = 0.5
ELSEWHERE = 0.2


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
    cpu_ms = (
        median(cost.cpu_ms) if cost.cpu_ms is not None and not is_elsewhere(cost, clues) else None
    )
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


def is_elsewhere(cost: SpanCost, clues: Clues) -> bool:
    """Whether a good part of the span's work went on in another thread than the span's own.

    A request's span begins on the event loop, a plain handler then runs on a worker thread; and
    coroutines hand work to threads.
    """
    if not is_server(cost) and cost.service not in clues.asynchronous:
        return False
    whole_ms = total_ms(cost.stacks)
    elsewhere_ms = sum(ms for stack, ms in cost.stacks.items() if not is_on_loop(stack))
    return elsewhere_ms >= ELSEWHERE * max(1.0, whole_ms)
