"""The sections of report.html below the verdict: tables, places of pictures, what it rests on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import PurePath
from typing import Any

from lab.cause import LABELS
from lab.measure.stacks import is_own
from lab.report.data import ReportData
from lab.report.html_text import bullets, link, ms

MOST_FUNCTIONS = 200


def contributors(data: ReportData) -> str:
    """Which spans the request waited for."""
    found = data.document["contributors"]
    longest = max((one["critical_ms"] for one in found), default=0) or 1
    rows = "".join(_contributor(one, longest) for one in found)
    return f"""<section><h2>Where the request's time goes</h2>
<p class="muted">What the request waited for each span itself, its client calls (HTTP, SQL, Redis)
included.</p>
<p class="legend"><span><i class="needed"></i>needed, or not known to be avoidable</span>
<span><i class="avoidable"></i>avoidable</span></p>
<div class="card scroll"><table class="wide"><thead><tr><th>Span</th><th>Service</th>
<th class="figure">Waited for</th><th class="share">of it avoidable</th><th class="figure">Avoidable
</th><th>Looks</th><th>Function</th></tr></thead><tbody>{rows}</tbody></table></div></section>"""


def flames(data: ReportData) -> str:
    """The place of the flame graphs."""
    if not data.flame_graphs:
        return ""
    return """<section><h2>Inside the spans</h2>
<p class="muted">Which functions ran or waited, on top the outermost: the wider, the longer. Mean of
one replay. Click or Enter zooms, the arrow keys walk, Esc zooms out.</p>
<p class="legend"><span><i class="own"></i>the services' own code</span>
<span><i class="library"></i>libraries</span></p><div id="flames"></div></section>"""


def functions(data: ReportData) -> str:
    """The functions inside the spans, to be sorted."""
    found = sorted(data.document["functions"], key=lambda one: -one["total_ms"])
    rows = "".join(_function(one) for one in found[:MOST_FUNCTIONS])
    return f"""<section><h2>Functions</h2>
<p class="muted">Mean of one replay, waiting included; calls from one counted replay.</p>
<div class="card scroll tall" tabindex="0" role="region" aria-label="Functions">
<table class="wide sortable"><thead><tr><th>Function</th><th>Where</th>
<th>Span</th><th class="figure">Self</th><th class="figure">With callees</th>
<th class="figure">Calls</th></tr></thead><tbody>{rows}</tbody></table></div></section>"""


def traces(data: ReportData) -> str:
    """The place of the waterfall, and its traces' addresses in Jaeger."""
    links = f"{link(data.replay_url, 'this replay')} and {link(data.original_url, 'the original')}"
    return f"""<section><h2>The request as a waterfall</h2>
<p class="muted">In Jaeger, while the lab runs: {links}.</p><div id="traces"></div></section>"""


def basis(data: ReportData) -> str:
    """What the verdict rests on: recordings, reference, other traces; the files beside this one."""
    document = data.document
    told = [*document.get("measured", ()), *document.get("notes", ())]
    reference, population = document.get("reference"), document.get("population")
    told += [_reference(reference)] if reference else []
    told += [_population(population)] if population else []
    files = [
        f'<a href="{escape(PurePath(path).name)}">{escape(PurePath(path).name)}</a>'
        for path in document.get("artifacts", {}).values()
    ]
    beside = f"<p>Beside this file: {', '.join(files)}.</p>" if files else ""
    return f"""<section class="basis"><h2>How this was measured</h2>
{bullets(told, otherwise="Nothing is known of it.")}{beside}</section>"""


def _contributor(one: Mapping[str, Any], longest: float) -> str:
    avoidable = one.get("avoidable_ms")
    part = 100 * min(1.0, (avoidable or 0) / one["critical_ms"]) if one["critical_ms"] else 0
    wide = 100 * one["critical_ms"] / longest
    return f"""<tr><td><code>{escape(one["span"])}</code></td><td>{escape(one["service"])}</td>
<td class="figure">{ms(one["critical_ms"])}</td>
<td class="share"><span style="width:{wide:.2f}%"><i style="width:{part:.2f}%"></i></span></td>
<td class="figure">{ms(avoidable) if avoidable is not None else "unknown"}</td>
<td>{escape(LABELS[one["cause"]])}</td><td class="mono">{escape(one["function"] or "")}</td></tr>"""


def _function(one: Mapping[str, Any]) -> str:
    own = " own-code" if is_own(one["file"]) else ""
    calls = one.get("calls")
    line = f":{one['line']}" if one.get("line") else ""
    return f"""<tr><td class="mono{own}">{escape(one["function"])}</td>
<td class="mono">{escape(one["file"])}{line}</td><td>{escape(one.get("span") or "")}</td>
{_figure(one["self_ms"])}{_figure(one["total_ms"])}
<td class="figure" data-sort="{calls or 0}">{f"{calls:,}" if calls is not None else ""}</td></tr>"""


def _figure(value_ms: float) -> str:
    return f'<td class="figure" data-sort="{value_ms}">{ms(value_ms)}</td>'


def _reference(told: Mapping[str, Any]) -> str:
    of = "the same request" if told["of_same_request"] else "another request"
    taken = datetime.fromtimestamp(told["taken_s"], UTC)
    differs = "; the services' code has changed since" if told["code_differs"] else ""
    factor = told["machine_factor"]
    speed = f"; computing takes {factor:.2f} x as long now" if round(factor, 2) != 1 else ""
    return (
        f"Held against a healthy measurement of {of} of {taken:%Y-%m-%d %H:%M} UTC{differs}{speed}."
    )


def _population(told: Mapping[str, Any]) -> str:
    return (
        f"In {told['traces']} other traces the slowest span takes {ms(told['median_ms'])} in the "
        f"median and {ms(told['p95_ms'])} at the 95th percentile; {told['longer']} take longer."
    )
