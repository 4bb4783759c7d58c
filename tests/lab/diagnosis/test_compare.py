"""Before and after a change, on literal measurements."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from lab.diagnosis.compare import Compared, State, compared
from lab.errors import LabError, UsageError
from lab.measure import measurement_json
from lab.measure.measurement import Measurement
from lab.profile import before
from lab.report import compare_view
from lab.report.outcome import diagnosis_to_json
from tests.lab.literal_measurements import (
    ALIGNING,
    SCORING,
    changed,
    healthy,
    judged,
    own,
    slower,
    span,
)

PRINTING = (*SCORING, own("fingerprint", "retriever/scoring.py", 99))


def slow() -> Measurement:
    """400 ms more of reranking."""
    return changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, PRINTING: 400},
            cpu_ms=(800.0, 802.0, 801.0),
        ),
    )


def state(measurement: Measurement) -> State:
    """As a report has it."""
    return State(diagnosis_to_json(judged(measurement, healthy())), measurement)


def held(past: Measurement, now: Measurement) -> Compared:
    """One against the other."""
    return compared(state(past), state(now), lambda *_: None)


def test_a_fix_is_won_in_its_span_and_function() -> None:
    """The span, the function, the verdict, and how much of the request."""
    found = held(slow(), healthy())
    score = next(one for one in found.spans if one.span == "score")
    assert score.won_ms == pytest.approx(398, abs=10)
    assert not score.is_noise
    assert found.won_ms == score.won_ms
    assert found.function is not None
    assert (found.function.function, found.function.before_ms, found.function.now_ms) == (
        "fingerprint",
        400,
        0,
    )
    assert (found.verdict_before["cause"], found.verdict_now["cause"]) == ("cpu", "none")


def test_what_got_slower_is_lost() -> None:
    """The other way round."""
    found = held(healthy(), slow())
    score = next(one for one in found.spans if one.span == "score")
    assert score.won_ms == pytest.approx(-398, abs=10)
    assert not score.is_noise
    assert "lost in the spans" in compare_view.lines(found)[0]


@pytest.mark.parametrize("factor", [1.0, 0.8, 1.3])
def test_a_difference_within_noise_is_called_that(factor: float) -> None:
    """The same again, or on a machine of another pace, wins nothing."""
    found = held(healthy(), slower(healthy(), factor))
    assert found.won_ms == 0
    assert all(one.is_noise for one in found.spans)
    assert "no span differs by more than noise" in compare_view.lines(found)[0]


def test_a_span_that_is_gone_is_won() -> None:
    """What is no more there took no time."""
    past = changed(
        healthy(), span("cache", (300.0, 301.0, 302.0), {SCORING: 300}, cpu_ms=(300.0,) * 3)
    )
    now = healthy()
    without = tuple(one for one in now.spans if one.name != "cache")
    found = held(past, replace(now, spans=without))
    cache = next(one for one in found.spans if one.span == "cache")
    assert (cache.now_ms, cache.is_noise) == (None, False)


def test_it_is_told_as_json_and_in_words() -> None:
    """The keys that programs rely on, the table for people, the section for the report."""
    found = held(slow(), healthy())
    document = json.loads(json.dumps(compare_view.to_json(found)))
    assert set(document) == {"request", "same_request", "spans", "function", "verdict"}
    assert document["verdict"]["before"]["function"] == "fingerprint"
    assert {"span", "before_ms", "now_ms", "won_ms", "within_noise"} <= set(document["spans"][0])
    told = StringIO()
    Console(file=told, width=100).print(compare_view.render(found))
    assert "CPU-bound in fingerprint before" in told.getvalue()
    text = compare_view.markdown(found)
    assert "| `openai.generate` | generator | 3,507 ms | 3,507 ms | within noise |" in text
    assert "- fingerprint in `score`: 400 ms before, 0.0 ms now" in text


def test_a_report_is_read_by_its_folder_or_its_document(tmp_path: Path) -> None:
    """Both lead to the same state; what is no report is refused."""
    document = {**state(slow()).document, "trace_id": "ab" * 16}
    (tmp_path / "profile.json").write_text(json.dumps(document))
    with pytest.raises(LabError, match="can't be read"):
        before.load(tmp_path)
    (tmp_path / "measurement.json").write_text(measurement_json.dumps(slow()))
    assert before.load(tmp_path) == before.load(tmp_path / "profile.json")
    assert before.load(tmp_path).document["trace_id"] == "ab" * 16
    (tmp_path / "profile.json").write_text("[]")
    with pytest.raises(LabError, match="no profile of a request"):
        before.load(tmp_path)
    with pytest.raises(UsageError, match="there is no report"):
        before.load(tmp_path / "nowhere" / "profile.json")
