"""bottleneck_analysis.md: a profile to read."""

from lab.findings import LABELS, Profile
from lab.report import span_line
from lab.wording import ms, percent

LISTED_FUNCTIONS = 12
LISTED_SHARE = 0.01


def markdown(profile: Profile) -> str:
    """bottleneck_analysis.md."""
    return (
        "\n\n".join(
            [
                "# Bottleneck analysis",
                _head(profile),
                f"## Root-cause hypothesis\n\n{profile.verdict.hypothesis}",
                "## Evidence\n\n" + "\n".join(f"- {told}" for told in profile.verdict.evidence),
                f"## Next step\n\n{profile.verdict.next_step}",
                _contributors(profile),
                _functions(profile),
                _measured(profile),
            ]
        )
        + "\n"
    )


def _head(profile: Profile) -> str:
    slowest, verdict = profile.slowest, profile.verdict
    return "\n".join(
        [
            f"- **Slowest span**: `{slowest.name}` in {slowest.service}",
            f"- **Duration**: {span_line(profile)}",
            f"- **Verdict**: {LABELS[verdict.cause]} (confidence: {verdict.confidence})",
            f"- **Trace**: [{profile.trace_id}]({profile.trace_url}), {ms(profile.request_ms)}",
        ]
    )


def _contributors(profile: Profile) -> str:
    rows = [
        f"| `{one.span}` | {one.service} | {ms(one.critical_ms)} | "
        f"{percent(one.critical_ms / profile.request_ms)} | {LABELS[one.cause]} |"
        for one in profile.contributors
    ]
    return "\n".join(
        [
            "## Where the request's time goes",
            "",
            "Self time on the critical path. A span's client calls (HTTP, SQL, Redis) count as its "
            "own. All but the slowest span are judged by the trace alone.",
            "",
            "| span | service | time | share | looks |",
            "| --- | --- | ---: | ---: | --- |",
            *rows,
        ]
    )


def _functions(profile: Profile) -> str:
    least_us = LISTED_SHARE * max((one.total_us for one in profile.functions), default=0)
    shown = [one for one in profile.functions if one.total_us >= least_us]
    ends = [one for one in shown if one.self_us >= least_us][:LISTED_FUNCTIONS]
    above = [one for one in shown if one.file.startswith("services/")]
    rows = [
        f"| `{one.function}` | {one.file}:{one.line} | {ms(one.self_us / 1000)} | "
        f"{ms(one.total_us / 1000)} |"
        for one in [*ends, *(one for one in above if one not in ends)]
    ]
    return "\n".join(
        [
            "## Functions inside the span",
            "",
            "Mean of one replay, waiting included; first where the stacks end, then the services' "
            "own functions above them.",
            "",
            "| function | where | self | with callees |",
            "| --- | --- | ---: | ---: |",
            *rows,
        ]
    )


def _measured(profile: Profile) -> str:
    taken, clock = profile.recordings, profile.recordings.clock
    aligned = (
        f"aligned with the spans at {clock.edges} edges, which are {clock.error_us / 1000:.0f} ms "
        f"off in the median and {clock.worst_us / 1000:.0f} ms at worst"
        if clock.edges
        else f"taken from py-spy's start, up to {clock.worst_us / 1000:.0f} ms off"
    )
    waits = "with" if taken.wall_clock else "without"
    lines = [
        "- The request was replayed serially, always sampled, while py-spy read the process of "
        f"{taken.service} {taken.rate_hz} times a second from a sidecar, {taken.seconds} s for "
        "each format.",
        f"- Samples were cut to the span's own time on its thread in {_count(taken.replays)}: "
        f"about {taken.samples} samples. The recording's clock was {aligned}.",
        "- `profile.svg` and `profile.speedscope.json` show the whole process during the replays, "
        f"{waits} waiting threads.",
        f"- All replays together cost {taken.cost_usd:.4f} USD by the price table.",
        *(f"- {note}" for note in taken.notes),
    ]
    return "## How this was measured\n\n" + "\n".join(lines)


def _count(replays: int) -> str:
    return "one replay" if replays == 1 else f"{replays} replays"
