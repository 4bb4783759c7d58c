"""A profile for programs (profile.json), and in a few lines for a terminal."""

from typing import Any

from lab.findings import LABELS, Profile
from lab.wording import ms, percent


def to_json(profile: Profile) -> dict[str, Any]:
    """The document of `invoke profile --json` and profile.json; its keys are stable.

    ``self_ms`` and ``total_ms`` of a function are means of one replay; ``calls`` and
    ``avoidable_ms`` are null where nobody counted or judged.
    """
    slowest, verdict = profile.slowest, profile.verdict
    return {
        "trace_id": profile.trace_id,
        "trace_url": profile.trace_url,
        "slowest_span": {
            "name": slowest.name,
            "service": slowest.service,
            "duration_ms": round(slowest.duration_ms, 3),
            "self_ms": round(slowest.self_ms, 3),
            "share": round(slowest.share, 4),
            "ahead_of_next_ms": round(slowest.ahead_of_next_ms, 3),
        },
        "verdict": {
            "cause": verdict.cause,
            "function": verdict.function,
            "file": verdict.file,
            "line": verdict.line,
            "confidence": verdict.confidence,
            "evidence": list(verdict.evidence),
            "hypothesis": verdict.hypothesis,
            "next_step": verdict.next_step,
        },
        "contributors": [
            {
                "span": one.span,
                "service": one.service,
                "function": one.function,
                "cause": one.cause,
                "critical_ms": round(one.critical_ms, 3),
                "avoidable_ms": one.avoidable_ms,
            }
            for one in profile.contributors
        ],
        "functions": [
            {
                "function": one.function,
                "file": one.file,
                "line": one.line,
                "self_ms": round(one.self_us / 1000, 3),
                "total_ms": round(one.total_us / 1000, 3),
                "calls": None,
            }
            for one in profile.functions
        ],
        "artifacts": dict(profile.artifacts),
    }


def summary(profile: Profile) -> str:
    """The verdict in a few lines for a terminal."""
    slowest, verdict = profile.slowest, profile.verdict
    return "\n".join(
        [
            f"slowest span   {slowest.name} ({slowest.service}): {span_line(profile)}",
            f"verdict        {LABELS[verdict.cause]} (confidence: {verdict.confidence})",
            f"root cause     {verdict.hypothesis}",
            f"next step      {verdict.next_step}",
            f"trace          {profile.trace_url}",
            f"report         {profile.artifacts['analysis']}",
        ]
    )


def span_line(profile: Profile) -> str:
    """The slowest span's duration, own time, share and lead."""
    slowest = profile.slowest
    told = (
        f"{ms(slowest.duration_ms)}, of which {ms(slowest.self_ms)} are its own on the critical "
        f"path, {percent(slowest.share)} of the request"
    )
    if slowest.next_name is None:
        return told
    return f"{told}, {ms(slowest.ahead_of_next_ms)} ahead of `{slowest.next_name}`"
