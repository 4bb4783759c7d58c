"""The files of one report: for readers, for programs, for viewers."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from lab.diagnosis.findings import Profile
from lab.measure import measurement_json, pyspy
from lab.measure.capture import Captured
from lab.report import flame, speedscope
from lab.report import folder as reports
from lab.report.data import ReportData
from lab.report.html import render
from lab.report.markdown import markdown
from lab.report.outcome import to_json
from lab.traces.critical_path import critical_path
from lab.traces.folding import places, slowest_span
from lab.traces.jaeger import trace_url
from lab.traces.spans import Place, Trace

FILES = {
    "analysis": "bottleneck_analysis.md",
    "report": "report.html",
    "profile": "profile.json",
    "measurement": "measurement.json",
    "flamegraph": "profile.svg",
    "speedscope": "profile.speedscope.json",
}


@dataclass(frozen=True)
class Report:
    """What a report shows beside the findings; ``picture`` is py-spy's flame graph."""

    original: Trace
    captured: Captured
    picture: bytes
    jaeger_url: str


def write(reports_dir: Path, profile: Profile, report: Report) -> Profile:
    """Write a new folder in one step; the profile with the paths of its files."""
    folder = reports.reserve(reports_dir, time.time())
    artifacts = {kind: str(folder / name) for kind, name in FILES.items()}
    whole = replace(profile, artifacts=artifacts)
    document = json.dumps(to_json(whole), indent=2) + "\n"
    captured = report.captured
    title = f"trace {profile.trace_id}"
    contents = {
        "analysis": markdown(whole),
        "report": render(data(whole, report)),
        "profile": document,
        "measurement": measurement_json.dumps(captured.measurement),
        "speedscope": speedscope.dumps(
            title, captured.measurement, captured.aligned, captured.traces
        ),
    }
    files = {FILES[kind]: text.encode() for kind, text in contents.items()}
    reports.write(folder, {**files, FILES["flamegraph"]: report.picture})
    return whole


def data(profile: Profile, report: Report) -> ReportData:
    """What report.html shows."""
    captured = report.captured
    replay = typical(captured)
    first = profile.diagnosis.guilty_place or _slowest_place(report.original)
    return ReportData(
        original=report.original,
        original_path=critical_path(report.original),
        original_url=trace_url(report.jaeger_url, report.original.trace_id),
        replay=replay,
        replay_path=critical_path(replay),
        replay_url=trace_url(report.jaeger_url, replay.trace_id),
        flame_graphs=flame.graphs(
            captured.measurement, captured.aligned, captured.traces, first, pyspy.RATE_HZ
        ),
        document=to_json(profile),
    )


def typical(captured: Captured) -> Trace:
    """The replay of median length."""
    ordered = sorted(captured.traces, key=lambda trace: trace.root.duration_us)
    return ordered[(len(ordered) - 1) // 2]


def _slowest_place(trace: Trace) -> Place:
    return places(trace)[slowest_span(trace).span.span_id]
