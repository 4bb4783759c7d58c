"""A profile for programs (profile.json), and in a few lines for a terminal."""

from dataclasses import asdict
from typing import Any

from lab.cause import LABELS
from lab.diagnosis.findings import Diagnosis, Profile, ReferenceUsed, Slowest, Verdict
from lab.diagnosis.wording import ms, percent


def to_json(profile: Profile) -> dict[str, Any]:
    """The document of `invoke profile --json` and profile.json; its keys are stable.

    `{trace_id, trace_url, request_ms, replay_ms, slowest_span: {name, service, duration_ms,
    self_ms, share, ahead_of_next_ms}, verdict: {cause, span, service, function, file, line,
    self_ms, total_ms, calls, avoidable_ms, below: [{name, ms, calls}], confidence, evidence,
    against, hypothesis, next_step, exponents: {work: power}}, contributors: [{span, service,
    function, cause, critical_ms, avoidable_ms}], functions: [{function, file, line, span, service,
    self_ms, total_ms, calls}], reference: {taken_s, of_same_request, code_differs, machine_factor},
    population: {traces, median_ms, p95_ms, longer}, notes, measured, artifacts: {kind: path}}`.
    Times of functions and spans are of one replay. What nobody knows is null: function, file and
    line without a culprit, ``calls`` where nobody counted, ``avoidable_ms`` where nothing tells,
    ``reference`` and ``population`` where there is none.
    """
    diagnosis = profile.diagnosis
    return {
        "trace_id": profile.trace_id,
        "trace_url": profile.trace_url,
        "request_ms": round(profile.request_ms, 3),
        "replay_ms": round(profile.replay_ms, 3),
        "slowest_span": _slowest(profile.slowest),
        **diagnosis_to_json(diagnosis),
        "population": _rounded(asdict(profile.population)) if profile.population else None,
        "measured": list(profile.measured),
        "artifacts": dict(profile.artifacts),
    }


def diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis's part of the document: verdict, contributors, functions, reference, notes."""
    return {
        "verdict": _verdict(diagnosis.verdict),
        "contributors": [_rounded(asdict(one)) for one in diagnosis.contributors],
        "functions": [_rounded(asdict(one)) for one in diagnosis.functions],
        "reference": _reference(diagnosis.reference),
        "notes": list(diagnosis.notes),
    }


def summary(profile: Profile) -> str:
    """The verdict in a few lines for a terminal."""
    slowest, verdict = profile.slowest, profile.diagnosis.verdict
    lines = [
        f"slowest span   {slowest.name} ({slowest.service}): {span_line(slowest)}",
        f"verdict        {LABELS[verdict.cause]} (confidence: {verdict.confidence})",
    ]
    if verdict.span is not None:
        lines.append(f"function       {function_line(verdict)}")
    lines += [
        f"root cause     {verdict.hypothesis}",
        f"next step      {verdict.next_step}",
        f"trace          {profile.trace_url}",
        f"report         {profile.artifacts['report']}",
    ]
    return "\n".join([*lines, *(f"note           {note}" for note in profile.diagnosis.notes)])


def span_line(slowest: Slowest) -> str:
    """The slowest span's duration, own time, share and lead."""
    told = (
        f"{ms(slowest.duration_ms)}, of which {ms(slowest.self_ms)} are its own on the critical "
        f"path, {percent(slowest.share)} of the request"
    )
    if slowest.next_name is None:
        return told
    return f"{told}, {ms(slowest.ahead_of_next_ms)} ahead of `{slowest.next_name}`"


def function_line(verdict: Verdict) -> str:
    """The guilty function, where it is, and what can be won."""
    where = f"in span `{verdict.span}` of {verdict.service}"
    told = f"no function of the services' own code could be named, {where}"
    if verdict.function is not None:
        at = f"{verdict.file}:{verdict.line}" if verdict.line else f"{verdict.file}"
        told = f"{verdict.function} ({at}), {where}"
    if verdict.avoidable_ms is not None:
        told += f"; {ms(verdict.avoidable_ms)} can be avoided"
    return told


def _slowest(slowest: Slowest) -> dict[str, Any]:
    return {
        "name": slowest.name,
        "service": slowest.service,
        "duration_ms": round(slowest.duration_ms, 3),
        "self_ms": round(slowest.self_ms, 3),
        "share": round(slowest.share, 4),
        "ahead_of_next_ms": round(slowest.ahead_of_next_ms, 3),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        **_rounded(asdict(verdict)),
        "below": [_rounded(asdict(one)) for one in verdict.below],
        "evidence": list(verdict.evidence),
        "against": list(verdict.against),
        "exponents": dict(verdict.exponents),
    }


def _reference(used: ReferenceUsed | None) -> dict[str, Any] | None:
    return _rounded(asdict(used)) if used else None


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    """Times to microseconds: more digits than that are no knowledge."""
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in fields.items()}
