"""`invoke profile`: from the slowest trace to the cause of its slowest span, and a report of it."""

import json
import math
import time
from collections.abc import Callable, Mapping

from lab import collect, pyspy, reports, stacks
from lab.analysis import Analysis, Subject, analyse, subject
from lab.choose import find_trace
from lab.containers import container
from lab.findings import Profile, Recordings
from lab.jaeger import Jaeger, trace_url
from lab.pyspy import Format
from lab.replay import Replayer
from lab.report import to_json
from lab.report_markdown import markdown
from lab.settings import Settings
from lab.takes import CUT, Take, take_all
from lab.wording import ms, percent
from services.telemetry.conventions import CACHE_HIT, CONTAINER_ID

Report = Callable[[str], None]

DAY_S = 86_400.0
SECONDS = 10
ANALYSIS = "bottleneck_analysis.md"
DOCUMENT = "profile.json"
RECORDED: Mapping[Format, str] = {
    "flamegraph": "profile.svg",
    "speedscope": "profile.speedscope.json",
    "chrometrace": "profile.chrometrace.json",
}


def run(
    settings: Settings,
    *,
    trace_id: str | None = None,
    since_s: float = DAY_S,
    seconds: int = SECONDS,
    report: Report = lambda _: None,
) -> Profile:
    """Profile the given trace's slowest span, or the slowest trace's of the last ``since_s``.

    Each of three recordings lasts ``seconds``, or twice the trace if that is longer; ``report`` is
    told each step. Writes a new folder under ``settings.reports_dir``. Raises UnavailableError
    where a part of the lab isn't there, LabError where there is nothing to profile or the request
    can't be replayed; then nothing is written.
    """
    with Jaeger(settings.url("jaeger")) as jaeger:
        what = subject(find_trace(jaeger, trace_id, since_s))
        _tell(what, report)
        container_id, notes = _owner(settings, what)
        takes = _record(settings, what, seconds, report)
        report("waiting for the replays' traces")
        ids = [one.trace_id for one in takes[CUT].replays if one.in_recording]
        replays = collect.collect(jaeger.trace, ids, collect.whole_as(what.trace))
    recorded = takes[CUT].recorded
    timeline = stacks.parse(recorded.data)
    analysis = analyse(what, replays, timeline, recorded.started_us, pyspy.RATE_HZ)
    recordings = Recordings(
        service=what.ranked.span.service,
        container_id=container_id,
        seconds=_seconds(what, seconds),
        replays=analysis.replays,
        samples=analysis.samples,
        rate_hz=pyspy.RATE_HZ,
        clock=analysis.clock,
        wall_clock=what.is_waiting,
        cost_usd=sum(one.cost_usd for take in takes.values() for one in take.replays),
        notes=notes,
    )
    return _write(settings, what, analysis, recordings, takes)


def _tell(what: Subject, report: Report) -> None:
    slowest = what.slowest
    report(f"trace {what.trace.trace_id}: {ms(what.trace.root.duration_ms)}")
    report(
        f"its slowest span: {slowest.name} in {slowest.service}, {ms(slowest.self_ms)} "
        f"({percent(slowest.share)} of the request)"
    )


def _owner(settings: Settings, what: Subject) -> tuple[str, tuple[str, ...]]:
    """The id of the container to profile, and a remark if it isn't the one the span came from."""
    service = what.ranked.span.service
    present = str(container(settings, service).id)
    made_by = what.ranked.span.resource.get(CONTAINER_ID)
    if made_by == present:
        return present, ()
    if made_by is None:
        return present, (f"The span names no container; the one of {service} was profiled.",)
    return present, (
        f"The span came from container {str(made_by)[:12]}, which is gone; the present one of "
        f"{service}, {present[:12]}, was profiled.",
    )


def _seconds(what: Subject, wanted: int) -> int:
    """How long to record: long enough for a whole replay, with room to spare."""
    return max(wanted, math.ceil(2 * what.trace.root.duration_us / 1e6))


def _record(
    settings: Settings, what: Subject, seconds: int, report: Report
) -> Mapping[Format, Take]:
    expected_s = what.trace.root.duration_us / 1e6
    use_cache = what.trace.root.attributes.get(CACHE_HIT) is True
    with Replayer(settings, expected_s, use_cache=use_cache) as replayer:
        body = replayer.original(what.trace.trace_id)
        return take_all(
            settings,
            what.ranked.span.service,
            lambda: replayer.send(body),
            expected_s=expected_s,
            seconds=_seconds(what, seconds),
            wall_clock=what.is_waiting,
            tell=report,
        )


def _write(
    settings: Settings,
    what: Subject,
    analysis: Analysis,
    recordings: Recordings,
    takes: Mapping[Format, Take],
) -> Profile:
    folder = reports.reserve(settings.reports_dir, time.time())
    artifacts: dict[str, str] = {kind: str(folder / name) for kind, name in RECORDED.items()}
    artifacts |= {"analysis": str(folder / ANALYSIS), "profile": str(folder / DOCUMENT)}
    profile = Profile(
        trace_id=what.trace.trace_id,
        trace_url=trace_url(settings.url("jaeger"), what.trace.trace_id),
        request_ms=what.trace.root.duration_ms,
        slowest=what.slowest,
        verdict=analysis.verdict,
        contributors=analysis.contributors,
        functions=analysis.functions,
        recordings=recordings,
        artifacts=artifacts,
    )
    files = {RECORDED[kind]: take.recorded.data for kind, take in takes.items()}
    files[ANALYSIS] = markdown(profile).encode()
    files[DOCUMENT] = (json.dumps(to_json(profile), indent=2) + "\n").encode()
    reports.write(folder, files)
    return profile
