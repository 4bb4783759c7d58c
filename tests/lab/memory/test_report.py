"""The report of the memory, for programs and for readers."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.memory import report as memory_report
from lab.memory.findings import Memory, Traffic, Usage
from lab.memory.slope import Sample, judge
from lab.memory.verdict import find, verdict
from lab.settings import Settings
from tests.lab.memory_literals import growth, leaking

TRAFFIC = Traffic(7, 700, 200, 104, 0, 20, 63.5, 3.2)
MIB = 1 << 20


@dataclass(frozen=True)
class Elsewhere(Settings):
    """A lab whose reports are written into a folder of the test's."""

    folder: Path = Path()

    @property
    def reports_dir(self) -> Path:
        return self.folder


@pytest.fixture
def written(tmp_path: Path) -> Memory:
    """The report of a leaking retriever."""
    findings = [
        find(growth("gateway", "steady"), None),
        find(growth("retriever", "grows", 62.0), leaking(60)),
        find(judge("generator", [Sample(1.0, 3, 100.0)], 0), None),
    ]
    return memory_report.write(
        Elsewhere(folder=tmp_path),
        verdict=verdict(findings),
        services=findings,
        usage=[Usage("redis", 7 * MIB, 9 * MIB, 192 * MIB)],
        traffic=TRAFFIC,
    )


def test_the_document_has_the_promised_keys(written: Memory) -> None:
    """memory.json is the document of `--json`: verdict, services, sites, containers, traffic."""
    document = json.loads(Path(written.artifacts["memory"]).read_text())
    assert document == memory_report.to_json(written)
    told = document["verdict"]
    assert told.pop("evidence")
    assert told.pop("hypothesis")
    assert told.pop("next_step")
    assert told == {
        "leak": True,
        "service": "retriever",
        "slope_kb_per_request": 62.0,
        "slope_error_kb": 2.0,
        "function": "Documents.load",
        "file": "services/retriever/documents.py",
        "line": 74,
        "bytes_per_request": 61440,
        "held_by": "Documents.document_cache",
    }
    assert [one["leak"] for one in document["services"]] == [False, True, None]
    assert document["sites"][0]["held_by"][0]["entries_gained"] == 80
    assert document["containers"][0]["memory_after_bytes"] == 9 * MIB
    assert document["traffic"]["traced_requests"] == 104


def test_a_healthy_lab_has_nulls_and_no_culprit(tmp_path: Path) -> None:
    """No leak: every name is null, and the reader is told so."""
    findings = [find(growth("gateway", "steady"), ())]
    memory = memory_report.write(
        Elsewhere(folder=tmp_path),
        verdict=verdict(findings),
        services=findings,
        usage=(),
        traffic=TRAFFIC,
    )
    told = memory_report.to_json(memory)["verdict"]
    assert told["leak"] is False
    assert {told[key] for key in ("service", "function", "file", "line", "held_by")} == {None}
    assert "no leak" in memory_report.summary(memory)
    assert "Nothing worth a row." in Path(memory.artifacts["analysis"]).read_text()


def test_the_analysis_reads_well(written: Memory) -> None:
    """memory_analysis.md names the verdict, the slope's interval and how it was measured."""
    told = Path(written.artifacts["analysis"]).read_text()
    assert "**Verdict**: leak in retriever" in told
    assert "| retriever | 62.0 | 60.0 to 64.0 | 62.0 | 62.0 |" in told
    assert "| retriever | `Documents.load` (services/retriever/documents.py:74) | 60.0 KB |" in told
    assert "tracemalloc noted 10 frames of every allocation, 3.2 times slower" in told


def test_the_samples_can_be_drawn(written: Memory) -> None:
    """memory_samples.csv has one row a sample."""
    rows = Path(written.artifacts["samples"]).read_text().splitlines()
    assert rows == ["service,time_s,requests,rss_kb", "generator,1.0,3,100"]


def test_the_summary_fits_a_terminal(written: Memory) -> None:
    """Verdict, cause, evidence, next step and where the report is."""
    lines = memory_report.summary(written).splitlines()
    assert lines[0] == "verdict        leak in retriever"
    assert [line.split()[0] for line in lines if line[0] != " "] == [
        "verdict", "root", "evidence", "next", "report",
    ]  # fmt: skip
