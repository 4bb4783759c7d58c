"""How often a diagnosis was right: pure, from what was injected and what was said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

HEALTHY = "none"


@dataclass(frozen=True)
class Truth:
    """What was made slow, or nothing (no ``functions``, cause "none").

    Any of the names listed is right: several functions, spans or causes may tell the same.
    """

    case: str
    spans: tuple[str, ...]
    functions: tuple[str, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What one `invoke profile` answered, and what the dumb baseline would have.

    ``baseline_span`` is the slowest trace's longest leaf span, ``baseline_function`` the function
    with most self time in the whole, uncut profile of that span's service.
    """

    span: str | None
    function: str | None
    cause: str
    confidence: str
    avoidable_ms: float | None
    took_s: float
    baseline_span: str
    baseline_function: str | None


@dataclass(frozen=True)
class Outcome:
    """One diagnosis beside the truth."""

    truth: Truth
    repeat: int
    said: Said

    @property
    def is_control(self) -> bool:
        return not self.truth.functions

    @property
    def function_right(self) -> bool:
        if self.is_control:
            return not self.blames
        return _bare(self.said.function) in self.truth.functions

    @property
    def span_right(self) -> bool:
        return self.said.span in self.truth.spans

    @property
    def cause_right(self) -> bool:
        return self.said.cause in self.truth.causes

    @property
    def blames(self) -> bool:
        """Whether a function was named as the culprit."""
        return self.said.function is not None and self.said.cause not in (HEALTHY, "unclear")

    @property
    def baseline_right(self) -> bool:
        if self.is_control:
            return False  # it always names a culprit
        return _bare(self.said.baseline_function) in self.truth.functions


@dataclass(frozen=True)
class Score:
    """Counts over some outcomes, and the median time of a diagnosis."""

    runs: int
    functions: int
    spans: int
    causes: int
    false_culprits: int
    baseline_functions: int
    baseline_spans: int
    took_s: float


def score(outcomes: Sequence[Outcome]) -> Score:
    """Add up at least one outcome. False culprits are functions named that are not the truth."""
    return Score(
        runs=len(outcomes),
        functions=sum(one.function_right for one in outcomes),
        spans=sum(one.span_right for one in outcomes),
        causes=sum(one.cause_right for one in outcomes),
        false_culprits=sum(one.blames and not one.function_right for one in outcomes),
        baseline_functions=sum(one.baseline_right for one in outcomes),
        baseline_spans=sum(
            not one.is_control and one.said.baseline_span in one.truth.spans for one in outcomes
        ),
        took_s=median(one.said.took_s for one in outcomes),
    )


def table(outcomes: Iterable[Outcome]) -> str:
    """A Markdown table: a row for each fault, one for the controls, one for each kind's sum."""
    listed = list(outcomes)
    faults = [one for one in listed if not one.is_control]
    controls = [one for one in listed if one.is_control]
    rows = [
        "| what was on | runs | function | span | cause | false culprits | baseline: function "
        "| baseline: span | seconds (median) |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, name in ((faults, "**all faults**"), (controls, "**all controls**")):
        names = sorted({one.truth.case for one in kind})
        rows += [_row(each, [one for one in kind if one.truth.case == each]) for each in names]
        if kind:
            rows.append(_row(name, kind))
    return "\n".join(rows)


def misses(outcomes: Iterable[Outcome]) -> list[str]:
    """A line for each diagnosis that wasn't right in everything."""
    return [
        f"{one.truth.case} #{one.repeat}: said {one.said.cause} in {one.said.function} "
        f"({one.said.span}), true is {' or '.join(one.truth.causes)} in "
        f"{' or '.join(one.truth.functions) or 'nothing'} ({' or '.join(one.truth.spans)})"
        for one in outcomes
        if not (one.function_right and one.cause_right and (one.is_control or one.span_right))
    ]


def _bare(function: str | None) -> str | None:
    """A function's name without its class: `load` of `Documents.load`."""
    return function.rpartition(".")[2] if function else None


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    total = score(outcomes)
    is_control = outcomes[0].is_control
    span = "" if is_control else f"{total.spans}"
    baseline = "" if is_control else f"{total.baseline_functions}"
    baseline_span = "" if is_control else f"{total.baseline_spans}"
    return (
        f"| {name} | {total.runs} | {total.functions} | {span} | {total.causes} | "
        f"{total.false_culprits} | {baseline} | {baseline_span} | {total.took_s:.0f} |"
    )
