"""`invoke profile`: from the slowest trace to the function to mend, and a report of it."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median

from lab.diagnosis import diagnose
from lab.diagnosis.findings import Diagnosis, Population, Profile, Slowest
from lab.diagnosis.wording import ms, percent
from lab.errors import LabError
from lab.measure import capture, recordings, sources
from lab.measure.capture import Captured, Plan, Tell
from lab.measure.measurement import Measurement, SpanCost
from lab.profile import growth, measured, reference
from lab.profile.choose import find_trace
from lab.profile.population import population
from lab.report import files as report_files
from lab.report.files import Report
from lab.settings import Settings
from lab.stack.containers import container
from lab.traces.critical_path import Ranked
from lab.traces.folding import places, slowest_span
from lab.traces.jaeger import Jaeger, trace_url
from lab.traces.spans import Place, Trace
from lab.traffic import replay
from lab.traffic.replay import Replayer
from services.telemetry.conventions import CACHE_HIT, CONTAINER_ID, SERVICES

DAY_S = 86_400.0
COMPUTING = 0.5
# A quick request is replayed for so long, so that its flame graph has samples.
PICTURE_S = 1.0


@dataclass(frozen=True)
class Found:
    """A diagnosis with what it was made from; ``notes`` are sentences for the reader."""

    captured: Captured
    diagnosis: Diagnosis
    picture: bytes
    notes: tuple[str, ...]


def run(
    settings: Settings,
    *,
    trace_id: str | None = None,
    since_s: float = DAY_S,
    seconds: float = capture.SECONDS,
    tell: Tell = lambda _: None,
) -> Profile:
    """Profile the given trace's request, or the slowest of the last ``since_s``.

    It is replayed for ``seconds`` and at least three times under py-spy in all services it touches,
    once more to count calls, once more for py-spy's own picture, and where that decides, with half
    and double the work. ``tell`` is told each step. Writes a new folder under
    ``settings.reports_dir``. Raises UnavailableError where a part of the lab isn't there, LabError
    where there is nothing to profile or the request can't be replayed; then nothing is written.
    """
    with Jaeger(settings.url("jaeger")) as jaeger, Replayer(settings, 0.0) as asking:
        trace = find_trace(jaeger, trace_id, since_s, asking.is_kept)
        ranked = slowest_span(trace)
        where = places(trace)[ranked.span.span_id]
        others = population(jaeger, trace, where, since_s, time.time_ns() // 1000)
    slowest = slowest_of(ranked)
    tell(f"trace {trace.trace_id}: {ms(trace.root.duration_ms)}")
    tell(
        f"its slowest span: {slowest.name} in {slowest.service}, {ms(slowest.self_ms)} "
        f"({percent(slowest.share)} of the request)"
    )
    found = _find(settings, trace, where, slowest, seconds, tell)
    return _write(settings, trace, slowest, others, found)


def slowest_of(ranked: Ranked) -> Slowest:
    """The slowest span as the report tells it."""
    return Slowest(
        name=ranked.span.name,
        service=ranked.span.service,
        duration_ms=ranked.span.duration_ms,
        self_ms=ranked.critical_self_us / 1000,
        share=ranked.share,
        next_name=ranked.next_span.name if ranked.next_span else None,
        ahead_of_next_ms=ranked.ahead_of_next_us / 1000,
    )


def _find(
    settings: Settings, trace: Trace, where: Place, slowest: Slowest, seconds: float, tell: Tell
) -> Found:
    expected_s = trace.root.duration_us / 1e6
    use_cache = trace.root.attributes.get(CACHE_HIT) is True
    with Replayer(settings, expected_s, use_cache=use_cache) as replayer:
        plan = Plan(
            replayer.original(trace.trace_id),
            services=[one for one in SERVICES if one in {span.service for span in trace.spans}],
            use_cache=use_cache,
            seconds=seconds,
            roots=len(trace.roots),
        )
        captured = capture.measure(settings, plan, replayer, tell)
        kept = reference.best(settings)
        source = sources.reader(settings)
        now = captured.measurement
        diagnosis = diagnose.diagnose(slowest, now, kept.measurement, source=source)
        grown = None
        if diagnosis.wants_growth and not use_cache:
            grown = growth.record(settings, plan, captured, diagnosis.wants_growth, replayer, tell)
        picture = _picture(settings, plan, now, diagnosis.guilty_place or where, replayer, tell)
        if grown:
            points = growth.measure(settings, plan, captured, grown)
            diagnosis = diagnose.diagnose(slowest, now, kept.measurement, points, source=source)
        notes = (*measured.told(captured, replayer), *_moved(settings, trace))
    if kept.why_not:
        diagnosis = replace(diagnosis, notes=(*diagnosis.notes, kept.why_not))
    return Found(captured, diagnosis, picture, notes)


def _picture(
    settings: Settings, plan: Plan, now: Measurement, where: Place, replayer: Replayer, tell: Tell
) -> bytes:
    """py-spy's own flame graph of the process in question, during one more replay or, of a quick
    request, as many as fit into PICTURE_S.

    With the threads that wait, if it is waiting that the span does.
    """
    service = where[-1][0]
    tell(f"py-spy's flame graph of {service}")

    def pictured(*, idle: bool) -> bytes:
        with recordings.recording(settings, [service], "flamegraph", idle=idle) as recording:
            replay.fill(lambda: replayer.send(plan.body), PICTURE_S, least=1)
            return recording.finish()[service].data

    if is_computing(now.at(where)):
        # py-spy draws nothing where it met nobody at work: the request may be too quick for that.
        with suppress(LabError):
            return pictured(idle=False)
    return pictured(idle=True)


def is_computing(cost: SpanCost | None) -> bool:
    """Whether a span's thread used the processor for most of its own time."""
    if cost is None or cost.cpu_ms is None:
        return False
    return median(cost.cpu_ms) >= COMPUTING * median(cost.own_ms)


def _moved(settings: Settings, trace: Trace) -> tuple[str, ...]:
    """A remark for each service whose container isn't the one that the trace came from."""
    made_by: Mapping[str, object] = {
        span.service: span.resource.get(CONTAINER_ID) for span in trace.spans
    }
    return tuple(
        f"The trace came from a container of {service} that is gone; the present one was profiled."
        for service, before in made_by.items()
        if service in SERVICES and before not in (None, str(container(settings, service).id))
    )


def _write(
    settings: Settings,
    trace: Trace,
    slowest: Slowest,
    others: Population | None,
    found: Found,
) -> Profile:
    profile = Profile(
        trace_id=trace.trace_id,
        trace_url=trace_url(settings.url("jaeger"), trace.trace_id),
        request_ms=trace.root.duration_ms,
        replay_ms=median(found.captured.measurement.request_ms),
        slowest=slowest,
        diagnosis=found.diagnosis,
        population=others,
        measured=found.notes,
        artifacts={},
    )
    report = Report(trace, found.captured, found.picture, settings.url("jaeger"))
    return report_files.write(settings.reports_dir, profile, report)
