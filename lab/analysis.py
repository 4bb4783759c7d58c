"""From a trace, its replays and one recording of them to findings: no I/O in here."""

from collections.abc import Sequence
from dataclasses import dataclass

from lab import diagnosis, evidence, folding
from lab.clock import Clock, calibrate
from lab.critical_path import Ranked, critical_self_time_us
from lab.cuts import Cut, FunctionTime, Interval, cut, functions
from lab.errors import LabError
from lab.facts import Facts, facts
from lab.findings import Contributor, Slowest, Verdict
from lab.spans import Span, Trace
from lab.stacks import Timeline
from services.telemetry.conventions import THREAD_ID

LEAST_SHARE = 0.01
MOSTLY_WAITING = 0.5


@dataclass(frozen=True)
class Subject:
    """The span to explain, in its trace."""

    trace: Trace
    ranked: Ranked
    facts: Facts

    @property
    def slowest(self) -> Slowest:
        ranked = self.ranked
        return Slowest(
            name=ranked.span.name,
            service=ranked.span.service,
            duration_ms=ranked.span.duration_ms,
            self_ms=ranked.critical_self_us / 1000,
            share=ranked.share,
            next_name=ranked.next_span.name if ranked.next_span else None,
            ahead_of_next_ms=ranked.ahead_of_next_us / 1000,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether its thread mostly waited, as far as the trace tells."""
        cpu_us = self.facts.cpu_us
        return cpu_us is None or cpu_us < MOSTLY_WAITING * self.facts.self_us


@dataclass(frozen=True)
class Analysis:
    """What the replays and their recording tell; ``replays`` are those whose span was cut."""

    verdict: Verdict
    contributors: tuple[Contributor, ...]
    functions: tuple[FunctionTime, ...]
    clock: Clock
    replays: int
    samples: int


def subject(trace: Trace) -> Subject:
    """The trace's slowest span: the one with most folded self time on the critical path."""
    ranked = folding.slowest_span(trace)
    return Subject(trace, ranked, facts(trace, ranked.span))


def analyse(
    subject: Subject, replays: Sequence[Trace], timeline: Timeline, started_us: int, rate_hz: int
) -> Analysis:
    """Cut the recording to the span's occurrences in the replays, and judge.

    ``started_us`` is about when py-spy was started, since the epoch. Raises LabError where no
    replay shows the span, or none lies inside the recording.
    """
    again = [_again(subject, replay) for replay in replays]
    clock = calibrate(
        timeline, [_whole(one.span) for one in again], started_us, 1_000_000 // rate_hz
    )
    recorded = [one for one in again if _is_inside(one.span, timeline, clock)]
    if not recorded:
        raise LabError(
            f"no replay of `{subject.ranked.span.name}` lies whole inside py-spy's recording of "
            f"{timeline.end_us / 1e6:.1f} s; record longer: `invoke profile --seconds N`"
        )
    inside = cut(timeline, _intervals(recorded), clock.origin_us)
    verdict = diagnosis.judge(evidence.gather(subject.facts, recorded, inside, rate_hz))
    return Analysis(
        verdict=verdict,
        contributors=contributors(subject, verdict),
        functions=_per_replay(inside, len(recorded)),
        clock=clock,
        replays=len(recorded),
        samples=inside.samples(rate_hz),
    )


def contributors(subject: Subject, verdict: Verdict) -> tuple[Contributor, ...]:
    """The spans that make up at least 1 % of the request each, those of one name together.

    All but the subject are judged by the trace alone.
    """
    trace = subject.trace
    found: dict[tuple[str, str], list[tuple[Span, int]]] = {}
    for span, own_us in folding.rank(trace, critical_self_time_us(trace)):
        found.setdefault((span.service, span.name), []).append((span, own_us))
    listed = []
    for (service, name), spans in found.items():
        critical_us = sum(own_us for _, own_us in spans)
        if critical_us < LEAST_SHARE * trace.root.duration_us:
            continue
        is_subject = spans[0][0] is subject.ranked.span
        judged = verdict if is_subject else _by_trace_alone(trace, spans[0][0])
        function = verdict.function if is_subject else None
        listed.append(Contributor(name, service, function, judged.cause, critical_us / 1000))
    return tuple(sorted(listed, key=lambda one: -one.critical_ms))


def _by_trace_alone(trace: Trace, span: Span) -> Verdict:
    return diagnosis.judge(evidence.gather(facts(trace, span), (), None, 0))


def _again(subject: Subject, replay: Trace) -> Facts:
    span = folding.same_place(subject.trace, subject.ranked.span, replay)
    if span is None:
        raise LabError(
            f"the replay {replay.trace_id} has no `{subject.ranked.span.name}` where the trace "
            f"{subject.trace.trace_id} has it: the request took another way this time; "
            "choose a trace with `invoke trace`, then `invoke profile --trace-id ID`"
        )
    return facts(replay, span)


def _whole(span: Span) -> Interval:
    return Interval(_thread(span), span.start_us, span.end_us)


def _intervals(recorded: Sequence[Facts]) -> list[Interval]:
    return [
        Interval(_thread(one.span), start_us, end_us)
        for one in recorded
        for start_us, end_us in one.own
    ]


def _thread(span: Span) -> int:
    thread_id = span.attributes.get(THREAD_ID)
    if not isinstance(thread_id, int):
        raise LabError(
            f"`{span.name}` has no {THREAD_ID}, so no samples can be cut to it; "
            "see `invoke checklist`"
        )
    return thread_id


def _is_inside(span: Span, timeline: Timeline, clock: Clock) -> bool:
    start_us, end_us = span.start_us - clock.origin_us, span.end_us - clock.origin_us
    return timeline.start_us <= start_us and end_us <= timeline.end_us


def _per_replay(inside: Cut, replays: int) -> tuple[FunctionTime, ...]:
    return tuple(
        FunctionTime(
            one.function, one.file, one.line, one.self_us // replays, one.total_us // replays
        )
        for one in functions(inside)
    )
