"""What came of the traffic that was sent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table

from lab.duration import milliseconds
from lab.traffic.outcome import Outcome
from lab.traffic.percentiles import Latency, latency


@dataclass(frozen=True)
class Sending:
    """How a run was meant and how far it came. ``load`` says it in words: `8 at a time`."""

    scenario: str
    seed: int
    load: str
    planned: int
    sent: int
    unfinished: int
    interrupted: bool
    duration_s: float

    @property
    def not_sent(self) -> int:
        return self.planned - self.sent


@dataclass(frozen=True)
class Summary:
    """What came of one run: ``sending.sent`` = ``ok`` + all ``errors`` + ``sending.unfinished``.

    Latencies are those of good answers, from when each was meant to start; ``uncached`` leaves out
    those from the cache. ``told`` answers told whether they were sampled, ``sampled`` that they
    were.
    """

    sending: Sending
    ok: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    cached: int = 0
    told: int = 0
    sampled: int = 0
    latency: Latency | None = None
    uncached: Latency | None = None

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return self.ok / self.sending.duration_s if self.sending.duration_s else 0.0


def summarize(sending: Sending, outcomes: Sequence[Outcome]) -> Summary:
    """Count the outcomes. Forced requests don't count as sampled or not."""
    good = [one for one in outcomes if one.ok]
    decided = [one for one in outcomes if one.sampled is not None and not one.forced]
    errors = Counter(one.error for one in outcomes if not one.ok)
    return Summary(
        sending=sending,
        ok=len(good),
        errors=dict(errors.most_common()),
        cached=sum(one.cached for one in good),
        told=len(decided),
        sampled=sum(one.sampled is True for one in decided),
        latency=latency([one.latency_ms for one in good]),
        uncached=latency([one.latency_ms for one in good if not one.cached]),
    )


def to_json(summary: Summary) -> dict[str, Any]:
    """The document of `invoke traffic --json`.

    `{scenario, seed, load, planned, sent, not_sent, unfinished, interrupted, duration_s, ok,
    failed, errors: {what: count}, per_second, cached, cached_share, sampled, sampled_share,
    latency_ms, uncached_latency_ms}`; a latency is `{count, p50_ms, p95_ms, p99_ms, max_ms}` or
    null, a share null where there is nothing to have a share of.
    """
    return {
        **asdict(summary.sending),
        "not_sent": summary.sending.not_sent,
        "ok": summary.ok,
        "failed": summary.failed,
        "errors": dict(summary.errors),
        "per_second": summary.per_second,
        "cached": summary.cached,
        "cached_share": _share(summary.cached, summary.ok),
        "sampled": summary.sampled,
        "sampled_share": _share(summary.sampled, summary.told),
        "latency_ms": asdict(summary.latency) if summary.latency else None,
        "uncached_latency_ms": asdict(summary.uncached) if summary.uncached else None,
    }


def render(summary: Summary) -> Table:
    """The summary for a terminal of 80 columns or more."""
    sending = summary.sending
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("traffic", f"{sending.scenario}, seed {sending.seed}, {sending.load}")
    table.add_row("sent", _sent(sending))
    table.add_row("answered", f"{summary.ok} in {sending.duration_s:.1f} s, {_rate(summary)}")
    if summary.errors:
        told = ", ".join(f"{count} x {error}" for error, count in summary.errors.items())
        table.add_row("failed", f"[red]{summary.failed}[/red]: {told}")
    table.add_row("latency", _latency(summary.latency))
    if summary.cached:
        table.add_row("  uncached", _latency(summary.uncached))
    table.add_row("cached", _of(summary.cached, summary.ok, "answers"))
    table.add_row("sampled", _of(summary.sampled, summary.told, "requests"))
    return table


def _sent(sending: Sending) -> str:
    parts = [f"{sending.sent} of {sending.planned}"]
    if sending.interrupted:
        parts.append("[yellow]interrupted[/yellow]")
    if sending.unfinished:
        parts.append(f"{sending.unfinished} without an answer when it ended")
    return ", ".join(parts)


def _rate(summary: Summary) -> str:
    return f"{summary.per_second:.1f} a second"


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return "no answer to measure"
    shown = {
        "p50": latency.p50_ms,
        "p95": latency.p95_ms,
        "p99": latency.p99_ms,
        "max": latency.max_ms,
    }
    return "   ".join(f"{name} {milliseconds(value)}" for name, value in shown.items()) + " ms"


def _of(count: int, total: int, what: str) -> str:
    return f"{count} of {total} {what}" + (f" ({count / total:.1%})" if total else "")


def _share(count: int, total: int) -> float | None:
    return count / total if total else None
