"""What became of the memory: for programs, for a terminal, and as files."""

import csv
import io
import json
import time
from collections.abc import Sequence
from typing import Any

from lab.memory.findings import Memory, ServiceFinding, Traffic, Usage, Verdict
from lab.memory.markdown import headline, markdown
from lab.memory.sites import Container, Kept
from lab.report import folder as reports
from lab.settings import Settings

ANALYSIS = "memory_analysis.md"
DOCUMENT = "memory.json"
SAMPLES = "memory_samples.csv"
# The least that is worth a row, and so many rows of each service.
LISTED_BYTES = 256
LISTED = 10


def write(
    settings: Settings,
    *,
    verdict: Verdict,
    services: Sequence[ServiceFinding],
    usage: Sequence[Usage],
    traffic: Traffic,
) -> Memory:
    """Write the report's folder and return all that is in it. Raises LabError where it can't."""
    folder = reports.reserve(settings.reports_dir, time.time())
    memory = Memory(
        verdict,
        tuple(services),
        tuple(usage),
        traffic,
        {
            "analysis": str(folder / ANALYSIS),
            "memory": str(folder / DOCUMENT),
            "samples": str(folder / SAMPLES),
        },
    )
    reports.write(
        folder,
        {
            ANALYSIS: markdown(memory, listed(memory)).encode(),
            DOCUMENT: (json.dumps(to_json(memory), indent=2) + "\n").encode(),
            SAMPLES: samples_csv(memory).encode(),
        },
    )
    return memory


def listed(memory: Memory) -> tuple[Kept, ...]:
    """What is worth a row of what the traced services keep, most first."""
    rows: list[Kept] = []
    for finding in memory.services:
        worth = [one for one in finding.kept or () if one.bytes_per_request >= LISTED_BYTES]
        rows += worth[:LISTED]
    return tuple(sorted(rows, key=lambda one: -one.bytes_per_request))


def to_json(memory: Memory) -> dict[str, Any]:
    """The document of `invoke profile --memory --json` and memory.json; its keys are stable.

    Sizes of ``verdict``, ``services`` and ``sites`` are per request; ``slope_error_kb`` is half the
    width of the 95 % interval. What can't be told is null.
    """
    return {
        "verdict": _verdict(memory.verdict),
        "services": [_service(one) for one in memory.services],
        "sites": [_site(one) for one in listed(memory)],
        "containers": [
            {
                "service": one.service,
                "memory_before_bytes": one.before_bytes,
                "memory_after_bytes": one.after_bytes,
                "limit_bytes": one.limit_bytes,
            }
            for one in memory.usage
        ],
        "traffic": {
            "seed": memory.traffic.seed,
            "requests": memory.traffic.requests,
            "warm_up_requests": memory.traffic.warm_up,
            "traced_requests": memory.traffic.traced,
            "failed": memory.traffic.failed,
            "concurrency": memory.traffic.concurrency,
            "duration_s": round(memory.traffic.duration_s, 3),
            "tracing_slowdown": _rounded(memory.traffic.slowdown),
            "stopped_early": memory.traffic.stopped_early or None,
        },
        "artifacts": dict(memory.artifacts),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    finding, kept = verdict.finding, verdict.kept
    slope = finding.growth.slope if finding else None
    return {
        "leak": verdict.leak,
        "service": finding.service if finding else None,
        "slope_kb_per_request": _rounded(slope.kb if slope else None),
        "slope_error_kb": _rounded(slope.error_kb if slope else None),
        "function": kept.function if kept else None,
        "file": kept.file if kept else None,
        "line": kept.line if kept else None,
        "bytes_per_request": round(kept.bytes_per_request) if kept else None,
        "held_by": verdict.holder.name if verdict.holder else None,
        "evidence": list(verdict.evidence),
        "hypothesis": verdict.hypothesis,
        "next_step": verdict.next_step,
    }


def _service(one: ServiceFinding) -> dict[str, Any]:
    growth = one.growth
    return {
        "service": one.service,
        "leak": one.leak,
        "why": one.why,
        "trend": growth.trend,
        "slope_kb_per_request": _rounded(growth.slope.kb if growth.slope else None),
        "slope_low_kb": _rounded(growth.slope.low_kb if growth.slope else None),
        "slope_high_kb": _rounded(growth.slope.high_kb if growth.slope else None),
        "first_half_kb": _rounded(growth.early_kb),
        "second_half_kb": _rounded(growth.late_kb),
        "rss_first_kb": growth.first_kb,
        "rss_last_kb": growth.last_kb,
        "requests": growth.requests,
        "samples": growth.samples,
        "traced": one.kept is not None,
    }


def _site(one: Kept) -> dict[str, Any]:
    return {
        "service": one.service,
        "function": one.function,
        "file": one.file,
        "line": one.line,
        "bytes_per_request": round(one.bytes_per_request),
        "blocks_per_request": round(one.blocks_per_request, 1),
        "first_half_bytes": round(one.early_bytes),
        "second_half_bytes": round(one.late_bytes),
        "steady": one.is_steady,
        "held_by": [_holder(holder) for holder in one.holders],
    }


def _holder(one: Container) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "entries": one.length,
        "entries_gained": one.grown_by,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def samples_csv(memory: Memory) -> str:
    """Every sample: service, seconds since the epoch, requests answered by then, KB."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("service", "time_s", "requests", "rss_kb"))
    for one in memory.services:
        rows.writerows(
            (one.service, round(sample.time_s, 3), sample.requests, round(sample.rss_kb))
            for sample in one.growth.series
        )
    return text.getvalue()


def summary(memory: Memory) -> str:
    """The verdict in a few lines for a terminal."""
    verdict = memory.verdict
    lines = [f"verdict        {headline(verdict)}", f"root cause     {verdict.hypothesis}"]
    lines += [f"evidence       {verdict.evidence[0]}"]
    lines += [f"               {told}" for told in verdict.evidence[1:]]
    lines += [
        f"next step      {verdict.next_step}",
        f"report         {memory.artifacts['analysis']}",
    ]
    return "\n".join(lines)
