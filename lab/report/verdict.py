"""The head of report.html: the verdict, and what speaks for and against it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from lab.cause import LABELS
from lab.report.data import ReportData
from lab.report.html_text import bullets, link, ms, prose

NOTHING = "Nothing noteworthy."


def title(data: ReportData) -> str:
    """The page's title: what is slow."""
    return escape(f"{_culprit(data.document['verdict'])} · bottleneck report")


def verdict(data: ReportData) -> str:
    """What is slow and why, in one box."""
    told = data.document["verdict"]
    name = _culprit(told)
    heading = f"<code>{escape(name)}</code>" if told.get("function") else escape(name)
    place = f" in {escape(told['service'])}" if told.get("service") else ""
    began = datetime.fromtimestamp(data.original.root.start_us / 1e6, UTC)
    return f"""<section class="verdict card {"none" if told["cause"] == "none" else ""}">
<p class="eyebrow">Bottleneck report · trace {link(data.original_url, data.original.trace_id)} ·
{escape(data.original.root.name)} of {began:%Y-%m-%d %H:%M:%S} UTC</p>
<h1>{heading}{place}{_cause(told)}</h1>
<p class="where mono">{escape(_where(told))}</p>
<p class="hypothesis">{prose(told["hypothesis"])}</p>
<dl class="tiles">{_tiles(data)}</dl>
<p class="next-step"><b>Next step.</b> {prose(told["next_step"])}</p>
</section>"""


def evidence(data: ReportData) -> str:
    """What speaks for the verdict, and what against it."""
    told = data.document["verdict"]
    return f"""<section><div class="two">
<div class="evidence card"><h2>What speaks for it</h2>
{bullets(told["evidence"], otherwise=NOTHING)}</div>
<div class="evidence against card"><h2>What speaks against it</h2>
{bullets(told.get("against") or (), otherwise=NOTHING)}</div>
</div></section>"""


def _culprit(told: Mapping[str, Any]) -> str:
    if told.get("function"):
        return str(told["function"])
    return str(told.get("span") or LABELS[told["cause"]].capitalize())


def _cause(told: Mapping[str, Any]) -> str:
    """The cause as a badge, unless it is the heading already."""
    label = LABELS[told["cause"]]
    if not told.get("function") and not told.get("span"):
        return ""
    return f' <span class="badge error">{escape(label)}</span>'


def _where(told: Mapping[str, Any]) -> str:
    line = f":{told['line']}" if told.get("line") else ""
    at = f"{told['file']}{line}" if told.get("file") else ""
    span = f"span {told['span']}" if told.get("span") else ""
    return ", ".join(part for part in (at, span) if part)


def _tiles(data: ReportData) -> str:
    told, request_ms = data.document["verdict"], data.original.root.duration_ms
    slowest = data.document["slowest_span"]
    tiles = [
        ("Avoidable", told.get("avoidable_ms"), f"of the request's {ms(request_ms)}"),
        ("In the function", told.get("total_ms"), _itself(told)),
    ]
    shown = [(name, ms(value), more) for name, value, more in tiles if value is not None]
    if told.get("calls") is not None:
        shown.append(("Calls", f"{told['calls']:,}", "in one request"))
    shown.append(("Confidence", told["confidence"], ""))
    shown.append(
        (
            "Slowest span",
            ms(slowest["self_ms"]),
            f"{slowest['name']} ({slowest['service']}), {slowest['share']:.0%} of the request",
        )
    )
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(more)}</small></dd></div>"
        for name, value, more in shown
    )


def _itself(told: Mapping[str, Any]) -> str:
    return f"{ms(told['self_ms'])} in its own lines" if told.get("self_ms") is not None else ""
