"""The files of a report, and how its numbers came about."""

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from lab.diagnosis.findings import Diagnosis, Profile, Slowest, Verdict
from lab.measure import measurement_json
from lab.measure.alignment import Aligned
from lab.measure.capture import Captured
from lab.measure.clock import Clock
from lab.measure.measurement import Counts
from lab.profile.measured import told
from lab.report import files as report_files
from lab.report.files import FILES, Report, typical
from lab.settings import Settings
from lab.traces.spans import Trace
from lab.traffic.replay import Replayer
from tests.lab.literal_recordings import IDLE_WORKER, RERANK, SCORE, WORKER, aligned, stay
from tests.lab.literal_traces import mystery
from tests.lab.measure.test_measurement_json import SCORED, WHOLE

JAEGER = "http://127.0.0.1:16686"
RETRIEVER = aligned(
    stay(7, (0, 200), *IDLE_WORKER),
    stay(7, (200, 600), WORKER, RERANK, SCORE),
    stay(7, (600, 4300), *IDLE_WORKER),
)
GATEWAY = Aligned(RETRIEVER.timeline, Clock(0, 15_000, 15_000, 0))
CAPTURED = Captured(WHOLE, (), (mystery(),), {"retriever": RETRIEVER, "gateway": GATEWAY})
PROFILE = Profile(
    trace_id="a" * 32,
    trace_url=f"{JAEGER}/trace/{'a' * 32}",
    request_ms=4200.0,
    replay_ms=4250.0,
    slowest=Slowest("openai.generate", "generator", 3500.0, 3500.0, 0.83, "score", 3100.0),
    diagnosis=Diagnosis(
        verdict=Verdict("none", "high", ("nothing stands out",), "It waits.", "Ask for less."),
        contributors=(),
        functions=(),
        guilty_place=None,
        wants_growth=None,
        reference=None,
        notes=("There is no healthy reference.",),
    ),
    population=None,
    measured=("The request was replayed 2 times.",),
    artifacts={},
)


def slower(trace: Trace, trace_id: str, by_us: int) -> Trace:
    """The same trace, longer."""
    spans = [replace(one, trace_id=trace_id) for one in trace.spans]
    spans[0] = replace(spans[0], duration_us=spans[0].duration_us + by_us)
    return Trace.of(spans)


def test_all_files_of_a_report_are_written(tmp_path: Path) -> None:
    """Each artifact that the document names is there, and the measurement can be read again."""
    report = Report(mystery(), CAPTURED, b"<svg/>", JAEGER)
    found = report_files.write(tmp_path / "reports", PROFILE, report)
    assert set(found.artifacts) == set(FILES)
    files = {kind: Path(path) for kind, path in found.artifacts.items()}
    assert all(path.stat().st_size for path in files.values())
    assert files["flamegraph"].read_bytes() == b"<svg/>"
    assert measurement_json.loads(files["measurement"].read_bytes()) == WHOLE
    document = json.loads(files["profile"].read_text())
    assert document["artifacts"] == dict(found.artifacts)
    assert "openai.generate" in files["analysis"].read_text()
    assert "</html>" in files["report"].read_text()


def test_the_guilty_spans_flame_graph_comes_first() -> None:
    """With a culprit its span, without one the slowest."""
    guilty = replace(PROFILE.diagnosis, guilty_place=SCORED.place)
    report = Report(mystery(), CAPTURED, b"", JAEGER)
    found = report_files.data(replace(PROFILE, diagnosis=guilty), report)
    assert found.flame_graphs[0].place == SCORED.place
    assert found.replay_url == f"{JAEGER}/trace/{'a' * 32}"
    assert sum(one.duration_us for one in found.replay_path) == 4_200_000


def test_the_replay_shown_is_the_median_one() -> None:
    """Of three replays neither the quickest nor the slowest, of two the quicker."""
    quick = mystery()
    middle, slow = slower(quick, "b" * 32, 1000), slower(quick, "c" * 32, 9000)
    assert typical(replace(CAPTURED, traces=(slow, quick, middle))) == middle
    assert typical(replace(CAPTURED, traces=(slow, middle))) == middle


@pytest.fixture
def replayer() -> Replayer:
    """One that sent five replays."""
    made = Replayer(Settings(), 4.2, transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    made.sent, made.cost_usd = 5, 0.40345
    return made


@pytest.mark.parametrize(
    "sentence",
    [
        "replayed 2 times, one at a time and always sampled, while py-spy read retriever, gateway",
        "retriever at 4 edges within 1.0 ms (median)",
        "gateway without edges of its own, up to 15 ms off",
        "Calls were counted in one more replay",
        "Not all calls in generator were counted: too many calls.",
        "5 replays together cost 0.4034 USD",
    ],
)
def test_how_the_numbers_came_about_is_told(sentence: str, replayer: Replayer) -> None:
    """What was done, how exact it is, what is missing and what it cost."""
    assert sentence in " ".join(told(CAPTURED, replayer))


def test_what_was_not_counted_is_not_claimed(replayer: Replayer) -> None:
    """Without counts nothing is said of them, and without gaps nothing is missing."""
    without = replace(CAPTURED, measurement=replace(WHOLE, counts=None))
    assert "counted" not in " ".join(told(without, replayer))
    whole = replace(CAPTURED, measurement=replace(WHOLE, counts=Counts((), ())))
    assert "Not all" not in " ".join(told(whole, replayer))
