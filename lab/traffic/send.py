"""`invoke traffic`: seeded load on the gateway, and what came of it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from lab.errors import UsageError
from lab.settings import Settings
from lab.traffic import planning, scenario
from lab.traffic.gateway import Gateway
from lab.traffic.load import Tally, closed_loop, open_loop
from lab.traffic.mystery import send_mystery
from lab.traffic.outcome import Outcome
from lab.traffic.scenario import Request
from lab.traffic.summary import Sending, Summary, summarize
from lab.traffic.warmup import warm_up

__all__ = ["Plan", "prepare", "run", "send_mystery", "warm_up"]

# Done, failed, planned.
Progress = Callable[[int, int, int], None]
MAX_REQUESTS = 100_000
MAX_CONCURRENCY = 256
MAX_RATE = 1_000.0
MAX_USERS = 100_000
DEFAULT_REQUESTS = 100
DEFAULT_SEED = 1
DEFAULT_CONCURRENCY = 8
DEFAULT_MAX_S = 900.0


@dataclass(frozen=True)
class Plan:
    """What to send and how.

    Without a ``rate``, ``concurrency`` requests are in flight at a time (closed loop). With one, so
    many start each second on average, up to ``concurrency`` in flight (open loop), at
    ``starts_s`` from the beginning. Nothing starts after ``max_s``.
    """

    scenario: str
    seed: int
    requests: tuple[Request, ...]
    concurrency: int
    rate: float | None = None
    starts_s: tuple[float, ...] = ()
    max_s: float = DEFAULT_MAX_S

    @property
    def load(self) -> str:
        """The load in words."""
        if self.rate is None:
            return f"{self.concurrency} at a time"
        return f"{self.rate:g} a second, up to {self.concurrency} at a time"


def prepare(
    *,
    scenario_name: str | None = None,
    requests: int = DEFAULT_REQUESTS,
    concurrency: int | None = None,
    rate: float | None = None,
    seed: int = DEFAULT_SEED,
    users: int | None = None,
    arrivals: planning.Arrivals = "poisson",
    max_s: float = DEFAULT_MAX_S,
) -> Plan:
    """The plan for these options, the same one for the same options.

    Raises UsageError for one that can't be used and LabError for broken files in `seed/`.
    """
    _check("requests", requests, 1, MAX_REQUESTS)
    _check("concurrency", concurrency, 1, MAX_CONCURRENCY)
    _check("rate", rate, 0.01, MAX_RATE)
    _check("users", users, 1, MAX_USERS)
    chosen = scenario.scenario(scenario_name)
    planned = planning.plan(chosen, scenario.questions(), requests=requests, seed=seed, users=users)
    if rate is None:
        width = concurrency or DEFAULT_CONCURRENCY
        return Plan(chosen.name, seed, planned, width, max_s=max_s)
    starts_s = planning.starts_s(
        requests, rate=rate, burst=chosen.burst, seed=seed, arrivals=arrivals
    )
    width = concurrency or MAX_CONCURRENCY
    return Plan(chosen.name, seed, planned, width, rate, starts_s, max_s)


def run(
    settings: Settings,
    plan: Plan,
    on_progress: Progress,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Summary:
    """Send the plan to the gateway; Ctrl-C ends it with a summary of what was sent until then.

    Raises UnavailableError where the gateway doesn't answer before the first request.
    """
    return asyncio.run(_run(settings, plan, on_progress, transport))


async def _run(
    settings: Settings,
    plan: Plan,
    on_progress: Progress,
    transport: httpx.AsyncBaseTransport | None,
) -> Summary:
    tally, outcomes, interrupted = Tally(), list[Outcome](), False
    failed = 0

    def note(outcome: Outcome) -> None:
        nonlocal failed
        outcomes.append(outcome)
        failed += not outcome.ok
        on_progress(len(outcomes), failed, len(plan.requests))

    async with Gateway(settings, plan.concurrency, transport) as gateway:
        await gateway.check()
        began_s = time.perf_counter()
        try:
            await _load(gateway, plan, tally, note)
        except asyncio.CancelledError:
            interrupted = True
        duration_s = time.perf_counter() - began_s
    sending = Sending(
        scenario=plan.scenario,
        seed=plan.seed,
        load=plan.load,
        planned=len(plan.requests),
        sent=tally.started,
        unfinished=tally.in_flight,
        interrupted=interrupted,
        duration_s=duration_s,
    )
    return summarize(sending, outcomes)


async def _load(
    gateway: Gateway, plan: Plan, tally: Tally, note: Callable[[Outcome], None]
) -> None:
    ends_s = time.perf_counter() + plan.max_s

    async def send(request: Request, late_ms: float = 0.0) -> None:
        note(await gateway.send(request, late_ms=late_ms))

    if plan.rate is None:
        await closed_loop(
            plan.requests,
            send,
            tally,
            concurrency=plan.concurrency,
            enough=lambda: time.perf_counter() >= ends_s,
        )
    else:
        timed = zip(plan.starts_s, plan.requests, strict=True)
        in_time = ((at_s, request) for at_s, request in timed if at_s <= plan.max_s)
        await open_loop(in_time, send, tally, max_in_flight=plan.concurrency)


def _check(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise UsageError(f"--{name} is {value:g}; give {least:g} to {most:g}")
