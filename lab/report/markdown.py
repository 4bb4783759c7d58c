"""bottleneck_analysis.md: a profile to read."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lab.cause import LABELS
from lab.diagnosis.findings import FunctionCost, Population, Profile, ReferenceUsed
from lab.diagnosis.wording import ms, percent
from lab.measure.stacks import is_own
from lab.report.outcome import function_line, span_line

LISTED_FUNCTIONS = 12
LISTED_SHARE = 0.01
UNUSUAL_SHARE = 0.05


def markdown(profile: Profile) -> str:
    """bottleneck_analysis.md."""
    verdict = profile.diagnosis.verdict
    parts = [
        "# Bottleneck analysis",
        "\n".join(_head(profile)),
        f"## Root-cause hypothesis\n\n{verdict.hypothesis}",
        "## Evidence\n\n" + "\n".join(f"- {told}" for told in verdict.evidence),
    ]
    if verdict.against:
        parts.append("### What weakens it\n\n" + "\n".join(f"- {one}" for one in verdict.against))
    parts += [
        f"## Next step\n\n{verdict.next_step}",
        _contributors(profile),
        _functions(profile.diagnosis.functions),
        "## How this was measured\n\n" + "\n".join(f"- {told}" for told in _measured(profile)),
    ]
    return "\n\n".join(parts) + "\n"


def _head(profile: Profile) -> Iterator[str]:
    slowest, verdict = profile.slowest, profile.diagnosis.verdict
    yield f"- **Slowest span**: `{slowest.name}` in {slowest.service}"
    yield f"- **Duration**: {span_line(slowest)}"
    yield f"- **Verdict**: {LABELS[verdict.cause]} (confidence: {verdict.confidence})"
    if verdict.span is not None:
        yield f"- **Function**: {function_line(verdict)}"
    yield (
        f"- **Trace**: [{profile.trace_id}]({profile.trace_url}), {ms(profile.request_ms)}; "
        f"replayed: {ms(profile.replay_ms)}"
    )
    if profile.population is not None:
        yield f"- **Others like it**: {population_line(profile.population)}"


def population_line(population: Population) -> str:
    """Whether the slowest span is unusual among those of other traces."""
    if not population.traces:
        return "no other trace has this span"
    is_unusual = population.longer <= UNUSUAL_SHARE * population.traces
    return (
        f"the span takes {ms(population.median_ms)} in the median of {population.traces:,} other "
        f"traces and {ms(population.p95_ms)} at the 95th percentile; {population.longer:,} "
        f"had a longer one, so this one is {'unusual' if is_unusual else 'like others'}"
    )


def _contributors(profile: Profile) -> str:
    rows = [
        f"| `{one.span}` | {one.service} | {_code(one.function)} | {ms(one.critical_ms)} | "
        f"{percent(one.critical_ms / profile.replay_ms)} | {_known(one.avoidable_ms)} | "
        f"{LABELS[one.cause]} |"
        for one in profile.diagnosis.contributors
    ]
    return "\n".join(
        [
            "## Where the request's time goes",
            "",
            "Self time on the critical path, the median of the replays. A span's client calls "
            "(HTTP, SQL, Redis) count as its own. *Avoidable* is what it takes beyond what it "
            "needs.",
            "",
            "| span | service | function | time | share | avoidable | looks |",
            "| --- | --- | --- | ---: | ---: | ---: | --- |",
            *rows,
        ]
    )


def _functions(functions: Iterable[FunctionCost]) -> str:
    all_of_them = tuple(functions)
    least_ms = LISTED_SHARE * max((one.total_ms for one in all_of_them), default=0)
    shown = [one for one in all_of_them if one.total_ms >= least_ms]
    ends = [one for one in shown if one.self_ms >= least_ms][:LISTED_FUNCTIONS]
    own = [one for one in shown if is_own(one.file) and one not in ends]
    rows = [
        f"| `{one.function}` | {one.file}:{one.line} | `{one.span}` | {ms(one.self_ms)} | "
        f"{ms(one.total_ms)} | {'' if one.calls is None else f'{one.calls:,}'} |"
        for one in [*ends, *own[:LISTED_FUNCTIONS]]
    ]
    return "\n".join(
        [
            "## Functions",
            "",
            "Mean of one replay, waiting included; first where the stacks end, then the services' "
            "own functions above them. Calls are those of one replay that was counted.",
            "",
            "| function | where | span | self | with callees | calls |",
            "| --- | --- | --- | ---: | ---: | ---: |",
            *rows,
        ]
    )


def _measured(profile: Profile) -> Iterator[str]:
    yield from profile.measured
    if profile.diagnosis.reference is not None:
        yield reference_line(profile.diagnosis.reference)
    yield from profile.diagnosis.notes


def reference_line(used: ReferenceUsed) -> str:
    """What the measurement was held against."""
    taken = datetime.fromtimestamp(used.taken_s, UTC).isoformat(sep=" ", timespec="seconds")
    what = "the same request" if used.of_same_request else "another request"
    return f"The healthy reference is of {what}, taken {taken}."


def _known(value_ms: float | None) -> str:
    return "not known" if value_ms is None else ms(value_ms)


def _code(name: str | None) -> str:
    return f"`{name}`" if name else ""
