"""`invoke profile --memory`: does a service keep memory of the requests it has answered?"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.errors import LabError, UsageError
from lab.locks import one_at_a_time
from lab.memory import report as memory_report
from lab.memory import slope as memory_slope
from lab.memory import verdict as memory_verdict
from lab.memory.allocations import tracing
from lab.memory.findings import Memory, Traffic, Usage
from lab.memory.sites import Kept, Snapshot, kept
from lab.memory.slope import Growth
from lab.memory.traffic import Sender
from lab.memory.traffic import requests as distinct
from lab.memory.watch import Watched, watching
from lab.settings import Settings
from lab.stack import status
from lab.traffic import scenario
from lab.traffic.gateway import Gateway
from lab.traffic.replay import USER_AGENT
from lab.traffic.scenario import Request

Report = Callable[[str], None]

SERVICES = ("gateway", "retriever", "generator")
# A process that has just been started grows into its pools and arenas for 100 to 150 requests.
WARM_UP = 200
REQUESTS = 600
FEWEST = 60
MOST = 20_000
# By then a run without `--requests` ends, if at least ENOUGH were answered after the warm-up.
QUICK_S = 50.0
ENOUGH = 200
CONCURRENCY = 20
LONGEST_S = 900.0
# While allocations are traced: the first fill what is filled once, then two halves to compare.
TRACED_PARTS = (16, 32, 32)
TRACED_CONCURRENCY = 8
TRACED_LONGEST_S = 90.0
TRACING_LONGEST_S = 400.0


@dataclass(frozen=True)
class _Sent:
    """One part of the traffic: how many were answered, in how long, and why it was cut short."""

    answered: int
    seconds: float
    concurrency: int
    stopped_early: str = ""

    @property
    def request_s(self) -> float:
        """How long one request took on average."""
        return self.seconds * self.concurrency / self.answered if self.answered else 0.0


def run(
    settings: Settings,
    *,
    requests: int | None = None,
    seed: int | None = None,
    report: Report = lambda _: None,
    progress: Report = lambda _: None,
) -> Memory:
    """Watch the services' memory over ``requests`` (by default about a minute's) after a warm-up.

    Then trace the allocations of those that grow, or of all, in a shorter part. Another ``seed``
    sends other questions; by default it is the time. Writes a new folder under
    ``settings.reports_dir``. Raises UsageError for a number that can't be used, UnavailableError
    where a part of the lab isn't there, LabError where the requests fail.
    """
    if requests is not None and not FEWEST <= requests <= MOST:
        raise UsageError(f"--requests is {requests}; give {FEWEST} to {MOST}")
    seed = int(time.time()) if seed is None else seed
    stream = distinct(scenario.questions(), seed)
    lock = settings.state_dir / "memory.lock"
    with one_at_a_time(lock, report, "it watches this lab's memory"):
        before = status.status(settings)
        began_s = time.monotonic()
        growths, kept_by, sent, traced, failed = asyncio.run(
            _measure(settings, stream, requests, report, progress)
        )
    after = {one.service: one for one in status.status(settings)}
    findings = tuple(memory_verdict.find(growths[one], kept_by.get(one)) for one in SERVICES)
    return memory_report.write(
        settings,
        verdict=memory_verdict.verdict(findings),
        services=findings,
        usage=tuple(
            Usage(one.service, one.memory_bytes, after[one.service].memory_bytes, one.limit_bytes)
            for one in before
        ),
        traffic=Traffic(
            seed=seed,
            requests=sent.answered + traced.answered,
            warm_up=WARM_UP,
            traced=traced.answered,
            failed=failed,
            concurrency=sent.concurrency,
            duration_s=time.monotonic() - began_s,
            slowdown=traced.request_s / sent.request_s if sent.request_s else None,
            stopped_early=sent.stopped_early,
        ),
    )


async def _measure(
    settings: Settings,
    stream: Iterator[Request],
    requests: int | None,
    report: Report,
    progress: Report,
) -> tuple[Mapping[str, Growth], Mapping[str, tuple[Kept, ...]], _Sent, _Sent, int]:
    async with Gateway(settings, CONCURRENCY, user_agent=USER_AGENT) as gateway:
        await gateway.check()
        sender = Sender(gateway, stream)
        report(f"sending requests, {CONCURRENCY} at a time, and watching the services' memory")
        with watching(settings, SERVICES, lambda: sender.tally.finished) as watched:
            sent = await _load(sender, watched, requests, progress)
        growths = {
            service: memory_slope.judge(service, seen.samples, WARM_UP)
            for service, seen in watched.items()
        }
        suspects = memory_verdict.suspects(growths)
        report(f"tracing the allocations of {', '.join(suspects)}: requests take longer meanwhile")
        kept_by, traced = await _trace(settings, sender, suspects, progress)
    return growths, kept_by, sent, traced, len(sender.failures)


async def _load(
    sender: Sender, watched: Mapping[str, Watched], requests: int | None, progress: Report
) -> _Sent:
    began_s = time.monotonic()

    def near_limit() -> Sequence[str]:
        return [service for service, seen in watched.items() if seen.is_near_limit]

    def is_enough() -> bool:
        is_late = time.monotonic() - began_s > QUICK_S and sender.tally.finished >= WARM_UP + ENOUGH
        return (requests is None and is_late) or bool(near_limit())

    await sender.send(
        WARM_UP + (requests or REQUESTS),
        concurrency=CONCURRENCY,
        max_s=LONGEST_S,
        enough=is_enough,
        told=lambda: progress(f"{sender.tally.finished} requests answered"),
    )
    full = near_limit()
    return _Sent(
        sender.tally.finished,
        time.monotonic() - began_s,
        CONCURRENCY,
        f"{', '.join(full)} came near its memory limit" if full else "",
    )


async def _trace(
    settings: Settings, sender: Sender, suspects: Sequence[str], progress: Report
) -> tuple[Mapping[str, tuple[Kept, ...]], _Sent]:
    """What the suspects' code keeps. No request is in flight while a snapshot is taken."""
    before = sender.tally.finished
    sending_s = 0.0
    taken: dict[str, list[Snapshot]] = {service: [] for service in suspects}
    with tracing(settings, suspects, TRACING_LONGEST_S) as traced:
        for count in TRACED_PARTS:
            began_s = time.monotonic()
            await sender.send(
                count,
                concurrency=TRACED_CONCURRENCY,
                max_s=TRACED_LONGEST_S,
                told=lambda: progress(f"{sender.tally.finished - before} requests traced"),
            )
            sending_s += time.monotonic() - began_s
            for service, snapshot in traced.snapshots(sender.tally.finished).items():
                taken[service].append(snapshot)
    answered = sender.tally.finished - before
    try:
        found = {service: kept(service, snapshots) for service, snapshots in taken.items()}
    except ValueError as failed:
        raise LabError(
            f"the requests became too slow to be traced: {failed}; look at `invoke status`"
        ) from failed
    return found, _Sent(answered, sending_s, TRACED_CONCURRENCY)
