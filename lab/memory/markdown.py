"""memory_analysis.md: what became of the memory, to read."""

from collections.abc import Sequence

from lab.memory.findings import Memory, ServiceFinding, Traffic, Verdict
from lab.memory.sites import Kept
from lab.memory.verdict import KIB, kb, place
from services.telemetry.permit import FRAMES

MIB = KIB * KIB
ANSWERS = {True: "leak", False: "no leak", None: "can't tell"}


def headline(verdict: Verdict) -> str:
    """The verdict in a word, and of which service."""
    answer = ANSWERS[verdict.leak]
    return f"{answer} in {verdict.finding.service}" if verdict.finding else answer


def markdown(memory: Memory, rows: Sequence[Kept]) -> str:
    """memory_analysis.md; ``rows`` are what is worth listing of what is kept."""
    verdict = memory.verdict
    return (
        "\n\n".join(
            [
                "# Memory analysis",
                f"- **Verdict**: {headline(verdict)}",
                f"## Root-cause hypothesis\n\n{verdict.hypothesis}",
                "## Evidence\n\n" + "\n".join(f"- {told}" for told in verdict.evidence),
                f"## Next step\n\n{verdict.next_step}",
                _services(memory.services),
                _kept(rows),
                _usage(memory),
                _measured(memory.traffic),
            ]
        )
        + "\n"
    )


def _services(services: Sequence[ServiceFinding]) -> str:
    return "\n".join(
        [
            "## Growth of the services' memory",
            "",
            "Resident memory of the Python process, KB per request, with its 95 % interval; then "
            "that of both halves of the requests judged.",
            "",
            "| service | slope | interval | first half | second half | MB | leak |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
            *map(_service, services),
        ]
    )


def _service(one: ServiceFinding) -> str:
    growth, slope = one.growth, one.growth.slope
    slopes = ["", "", "", ""]
    if slope is not None and growth.early_kb is not None and growth.late_kb is not None:
        between = f"{slope.low_kb:.1f} to {slope.high_kb:.1f}"
        slopes = [f"{slope.kb:.1f}", between, f"{growth.early_kb:.1f}", f"{growth.late_kb:.1f}"]
    held = f"{growth.first_kb / KIB:.0f} to {growth.last_kb / KIB:.0f}"
    return f"| {' | '.join([one.service, *slopes, held, ANSWERS[one.leak]])} |"


def _kept(rows: Sequence[Kept]) -> str:
    head = [
        "## What the code keeps",
        "",
        "Allocated while the traced requests ran and still in use after them, per request, by the "
        "deepest function of the services' own code.",
        "",
    ]
    if not rows:
        return "\n".join([*head, "Nothing worth a row."])
    return "\n".join(
        [
            *head,
            "| service | function | kept | first half | second half | blocks | held by |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- |",
            *map(_row, rows),
        ]
    )


def _row(one: Kept) -> str:
    held = ", ".join(f"`{holder.name}`" for holder in one.holders if holder.name)
    return (
        f"| {one.service} | {place(one)} | {kb(one.bytes_per_request)} | {kb(one.early_bytes)} | "
        f"{kb(one.late_bytes)} | {one.blocks_per_request:.0f} | {held} |"
    )


def _usage(memory: Memory) -> str:
    rows = [
        f"| {one.service} | {one.before_bytes / MIB:.0f} | {one.after_bytes / MIB:.0f} | "
        f"{one.limit_bytes / MIB:.0f} |"
        for one in memory.usage
    ]
    return "\n".join(
        [
            "## All containers",
            "",
            "Memory in MB as the engine counts it, without the page cache.",
            "",
            "| container | before | after | limit |",
            "| --- | ---: | ---: | ---: |",
            *rows,
        ]
    )


def _measured(traffic: Traffic) -> str:
    slowdown = f", {traffic.slowdown:.1f} times slower" if traffic.slowdown else ""
    judged = traffic.requests - traffic.traced
    lines = [
        f"- {traffic.requests} requests, no two alike and none answered from the cache (seed "
        f"{traffic.seed}), of which {traffic.failed} failed, in {traffic.duration_s:.0f} s.",
        f"- {judged} were sent {traffic.concurrency} at a time while the memory was read from "
        f"outside, four times a second; the first {traffic.warm_up} were not judged, as pools, "
        "caches and the allocator fill then.",
        "- The slope is Theil and Sen's: the median of the slopes between all pairs of 12 blocks "
        "of samples, with Sen's interval.",
        f"- {traffic.traced} more were sent while tracemalloc noted {FRAMES} frames of every "
        f"allocation{slowdown}; it was off before and is off again.",
    ]
    if traffic.stopped_early:
        lines.append(f"- The traffic was cut short: {traffic.stopped_early}.")
    return "## How this was measured\n\n" + "\n".join(lines)
