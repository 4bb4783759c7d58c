"""report.html: a profile as one file that opens from disk, without any network."""

from string import Template

from lab.report import sections, web_page
from lab.report import verdict as report_verdict
from lab.report.data import ReportData
from lab.report.payload import payload

STYLES = ("base.css", "waterfall.css", "report.css")
SCRIPT = "report.js"
TEMPLATE = "report.html"


def render(data: ReportData) -> str:
    """The whole page. What can be read stands in it as HTML; scripts draw the pictures."""
    parts = [
        report_verdict.verdict(data),
        report_verdict.evidence(data),
        sections.contributors(data),
        sections.flames(data),
        sections.functions(data),
        sections.traces(data),
        sections.basis(data),
    ]
    return Template(web_page.text(TEMPLATE)).substitute(
        title=report_verdict.title(data),
        style=web_page.style(STYLES),
        sections="\n".join(parts),
        data=payload(data),
        script=web_page.script(SCRIPT),
    )
