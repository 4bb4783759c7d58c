"""What `invoke up` sends, so that there are traces to look at: traffic, then the mystery query."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lab.errors import LabError
from lab.settings import Settings
from lab.traces import arrival
from lab.traces.jaeger import Jaeger
from lab.traffic import ledger, planning, scenario
from lab.traffic.gateway import Gateway
from lab.traffic.load import Tally, closed_loop
from lab.traffic.mystery import send_mystery
from lab.traffic.outcome import Outcome
from lab.traffic.replay import Replayer
from lab.traffic.scenario import Request
from services.telemetry.conventions import SCHEDULE_DELAY_MS

Report = Callable[[str], None]
SCENARIO = "warmup"
SEED = 1
HOUR_S = 3_600.0


@dataclass(frozen=True)
class Bounds:
    """How much the warm-up sends and how long it waits.

    ``min_requests`` is enough to tell a sampling ratio of 0.10 from none, which takes 73.
    ``settle_s`` after its last request, all of its spans have surely left their process.
    """

    min_requests: int = 100
    max_requests: int = 500
    max_failures: int = 10
    max_sending_s: float = 180.0
    concurrency: int = 8
    settle_s: float = SCHEDULE_DELAY_MS / 1000 + 3
    arrival_timeout_s: float = 30.0


DEFAULT_BOUNDS = Bounds()


def warm_up(
    settings: Settings,
    on_progress: Report,
    want_traces: int = 10,
    since_s: float | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    meanwhile: Callable[[], bool] = lambda: False,
) -> str:
    """Send traffic until Jaeger holds ``want_traces`` complete traces, then the mystery query.

    Returns the mystery query's trace id. A lab that is warm is left as it is; it counts what was
    sent since ``since_s`` (since the epoch; by default in the last hour). ``meanwhile`` is called
    while the traces arrive; it tells whether it sent requests of its own. Raises LabError where the
    requests fail, too few are sampled or their traces don't arrive, UnavailableError where the
    gateway or Jaeger isn't there.
    """
    with Jaeger(settings.url("jaeger")) as jaeger:
        jaeger.services()  # better told now than after the traffic
        known = _warm_already(settings, jaeger, want_traces, since_s, bounds)
        if known:
            if meanwhile():
                time.sleep(bounds.settle_s)
            return known
        outcomes = asyncio.run(_send(settings, on_progress, want_traces, bounds))
        settled_s = time.monotonic() + bounds.settle_s
        sampled = _judge(outcomes, want_traces)
        on_progress("sending the mystery query")
        mystery = _send_kept_mystery(settings)
        if meanwhile():
            settled_s = time.monotonic() + bounds.settle_s
        arrival.wait(jaeger, sampled, want_traces, bounds.arrival_timeout_s, on_progress)
        arrival.wait(jaeger, [mystery], 1, bounds.arrival_timeout_s, on_progress)
        on_progress("waiting for the last spans")
        time.sleep(max(0.0, settled_s - time.monotonic()))
    return mystery


def _send_kept_mystery(settings: Settings) -> str:
    """Send it, and once more if its request wasn't kept: Redis has a quarter of a second for that.

    `invoke profile` replays it, and the healthy reference is of it.
    """
    with Replayer(settings, 0.0) as asking:
        first = send_mystery(settings)
        return first if asking.is_kept(first) else send_mystery(settings)


def _warm_already(
    settings: Settings, jaeger: Jaeger, want_traces: int, since_s: float | None, bounds: Bounds
) -> str | None:
    """The newest mystery trace if there is one and enough besides."""
    now_s = time.time()
    start_s = max(now_s - HOUR_S, since_s or 0.0)
    if len(ledger.read(settings, start_s)) < bounds.min_requests:
        return None
    if arrival.count_complete(jaeger, start_s, now_s, want_traces) < want_traces:
        return None
    return arrival.newest_of_user(jaeger, scenario.mystery().user_id, now_s)


async def _send(
    settings: Settings, on_progress: Report, want_traces: int, bounds: Bounds
) -> list[Outcome]:
    """Send until enough is sampled, or a bound is reached."""
    outcomes: list[Outcome] = []
    ends_s = time.monotonic() + bounds.max_sending_s

    def enough() -> bool:
        failures = sum(not one.ok for one in outcomes)
        has_all = len(outcomes) >= bounds.min_requests and len(_sampled(outcomes)) >= want_traces
        return has_all or failures >= bounds.max_failures or time.monotonic() >= ends_s

    async with Gateway(settings, bounds.concurrency) as gateway:
        await gateway.check()

        async def send(request: Request) -> None:
            outcomes.append(await gateway.send(request))
            traces = f"{len(_sampled(outcomes))} of {want_traces} traces sampled"
            on_progress(f"{len(outcomes)} requests answered, {traces}")

        requests = islice(_requests(), bounds.max_requests)
        await closed_loop(requests, send, Tally(), concurrency=bounds.concurrency, enough=enough)
    return outcomes


def _requests() -> Iterator[Request]:
    """Whatever an earlier warm-up left in the cache, only repeats are answered from there."""
    chosen = scenario.scenario(SCENARIO)
    for request in planning.endless(chosen, scenario.questions(), seed=SEED):
        yield replace(request, no_cache=not request.is_repeat)


def _judge(outcomes: Sequence[Outcome], want_traces: int) -> list[str]:
    """The ids of the traces to expect. Raises LabError where they are too few."""
    failed = Counter(one.error for one in outcomes if not one.ok)
    sampled = _sampled(outcomes)
    if len(sampled) >= want_traces:
        return sampled
    if failed:
        told = ", ".join(f"{count} x {error}" for error, count in failed.most_common())
        raise LabError(
            f"the warm-up stopped after {len(outcomes)} requests, of which {failed.total()} "
            f"failed ({told}); look at `invoke logs --service gateway`"
        )
    raise LabError(
        f"only {len(sampled)} of {len(outcomes)} requests were sampled, {want_traces} traces are "
        "needed; `invoke checklist` tells what sampling is set to"
    )


def _sampled(outcomes: Sequence[Outcome]) -> list[str]:
    """The trace ids of sampled queries that ran the whole pipeline."""
    return [one.trace_id for one in outcomes if one.ok and one.sampled and not one.cached]
