"""Before and after as JSON, as a table for the terminal, and as markdown."""

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lab.cause import LABELS
from lab.diagnosis.compare import Change, Compared, FunctionChange
from lab.diagnosis.wording import ms
from lab.traces.labels import printable

KEPT = ("cause", "function", "span", "service", "avoidable_ms", "confidence")


def to_json(found: Compared) -> dict[str, Any]:
    """`{request: {before_ms, now_ms, won_ms}, same_request, spans: [{span, service, before_ms,
    now_ms, won_ms, noise_ms, within_noise}], function: {function, file, span, before_ms, now_ms},
    verdict: {before, now}}`, each verdict with cause, function, span, service, avoidable_ms and
    confidence. ``function`` is null where nobody was blamed before.
    """
    return {
        "request": {
            "before_ms": round(found.request_before_ms, 3),
            "now_ms": round(found.request_now_ms, 3),
            "won_ms": round(found.won_ms, 3),
        },
        "same_request": found.is_same_request,
        "spans": [_span(one) for one in found.spans],
        "function": _rounded(asdict(found.function)) if found.function else None,
        "verdict": {
            "before": {key: found.verdict_before.get(key) for key in KEPT},
            "now": {key: found.verdict_now.get(key) for key in KEPT},
        },
    }


def render(found: Compared) -> RenderableType:
    """For the terminal: what was won, where, and who was and is to blame."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for name in ("span", "service"):
        table.add_column(name)
    for name in ("before", "now", "won"):
        table.add_column(name, justify="right")
    for one in found.spans:
        table.add_row(
            printable(one.span),
            printable(one.service),
            _known(one.before_ms),
            _known(one.now_ms),
            won(one),
        )
    return Group(*(Text(line) for line in lines(found)), Text(), table)


def markdown(found: Compared) -> str:
    """A section for bottleneck_analysis.md."""
    rows = [
        f"| `{one.span}` | {one.service} | {_known(one.before_ms)} | {_known(one.now_ms)} | "
        f"{won(one)} |"
        for one in found.spans
    ]
    return "\n".join(
        [
            "## Before and after",
            "",
            *(f"- {line}" for line in lines(found)),
            "",
            "| span | service | before | now | won |",
            "| --- | --- | ---: | ---: | ---: |",
            *rows,
        ]
    )


def lines(found: Compared) -> list[str]:
    """The comparison in sentences."""
    told = [
        f"request: {ms(found.request_before_ms)} before, {ms(found.request_now_ms)} now; "
        f"{_whole(found.won_ms)}",
        f"verdict: {_verdict(found.verdict_before)} before, {_verdict(found.verdict_now)} now",
    ]
    if found.function is not None:
        told.append(_function(found.function))
    if not found.is_same_request:
        told.append("the two are not the same request: the differences may be the requests' own")
    return told


def won(change: Change) -> str:
    """What a span won or lost, or that nobody can tell."""
    if change.is_noise:
        return "within noise"
    return ms(change.won_ms) if change.won_ms >= 0 else f"{ms(-change.won_ms)} lost"


def _whole(won_ms: float) -> str:
    if not won_ms:
        return "no span differs by more than noise"
    what = "won" if won_ms > 0 else "lost"
    return f"{ms(abs(won_ms))} {what} in the spans that differ by more than noise"


def _verdict(verdict: Any) -> str:
    label = LABELS[verdict["cause"]]
    return f"{label} in {verdict['function']}" if verdict.get("function") else label


def _function(change: FunctionChange) -> str:
    before = "" if change.before_ms is None else f" {ms(change.before_ms)} before,"
    return f"{change.function} in `{change.span}`:{before} {ms(change.now_ms)} now"


def _span(change: Change) -> dict[str, Any]:
    fields = _rounded(asdict(change))
    fields["within_noise"] = fields.pop("is_noise")
    return fields


def _known(value_ms: float | None) -> str:
    return "none" if value_ms is None else ms(value_ms)


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in fields.items()}
