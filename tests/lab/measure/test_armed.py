"""Arming one trace, and reading what the services counted."""

import json
import stat
import time
from pathlib import Path

import pytest

from lab.measure.armed import armed, counts
from lab.measure.measurement import Awaited, BuiltinCall, Counted
from lab.measure.stacks import Frame
from lab.settings import Settings
from services.telemetry.armed import FILE, read

TRACE_ID = "ab" * 16
TOLD = {
    "not_counted": None,
    "incomplete": None,
    "functions": [
        {
            "span": "score",
            "function": "Rarity.of",
            "file": "/app/services/retriever/scoring.py",
            "line": 48,
            "calls": 275,
            "distinct_arguments": 163,
            "caller": "score",
            "suspends": True,
            "builtins": [
                {"callee": "math.log1p", "line": 51, "calls": 275, "total_ms": 0.07, "cpu_ms": 0.05}
            ],
        }
    ],
    "awaited": [
        {
            "span": "rerank",
            "stack": [["Upstream.post", "/app/services/gateway/upstream.py", 72]],
            "waited_ms": 420.5,
        }
    ],
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab whose state is in a temporary folder."""
    monkeypatch.setattr(Settings, "state_dir", property(lambda _: tmp_path))
    return Settings()


def test_one_trace_is_armed_for_the_services_to_read(settings: Settings) -> None:
    """As the services read it: this trace, this token, for a few minutes; gone afterwards."""
    file = settings.control_dir / FILE
    with armed(settings, TRACE_ID, lambda _: None) as token:
        found = read(file)
        assert found is not None
        assert (found.trace_id, found.token) == (TRACE_ID, token)
        assert 60 < found.expires_s - time.time() <= 180
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(settings.control_dir.iterdir()) == []


def test_each_time_has_a_token_of_its_own(settings: Settings) -> None:
    """It can't be guessed from the last one."""
    with armed(settings, TRACE_ID, lambda _: None) as first:
        pass
    with armed(settings, TRACE_ID, lambda _: None) as second:
        assert first != second


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_stays_armed(settings: Settings, error: type[BaseException]) -> None:
    """Whatever ends the replay, Ctrl-C too."""
    with pytest.raises(error), armed(settings, TRACE_ID, lambda _: None):
        raise error
    assert list(settings.control_dir.iterdir()) == []


def test_results_of_the_services_become_one() -> None:
    """Each function and each wait with its service, files as they are shown elsewhere."""
    found = counts({"retriever": TOLD, "gateway": TOLD})
    assert found.gaps == {}
    assert [one.service for one in found.functions] == ["retriever", "gateway"]
    assert found.functions[0] == Counted(
        service="retriever",
        span="score",
        function="Rarity.of",
        file="services/retriever/scoring.py",
        line=48,
        calls=275,
        distinct_arguments=163,
        caller="score",
        builtins=(BuiltinCall("math.log1p", 51, 275, 0.07, 0.05),),
        suspends=True,
    )
    post = Frame("Upstream.post", "/app/services/gateway/upstream.py", 72)
    assert found.awaited[0] == Awaited("retriever", "rerank", (post,), 420.5)


def test_what_was_not_counted_is_told() -> None:
    """By service: it refused, it couldn't, it stopped, or it is too old to know how."""
    refused = json.loads('{"title": "Not Found", "detail": "nothing was counted for this trace"}')
    couldnt = {**TOLD, "not_counted": "no free tool id", "functions": []}
    stopped = {**TOLD, "incomplete": "counting stopped after 20 s"}
    found = counts({"a": refused, "b": couldnt, "c": stopped, "d": None})
    assert found.gaps == {
        "a": "nothing was counted for this trace",
        "b": "no free tool id",
        "c": "counting stopped after 20 s",
        "d": "the service doesn't know how to count",
    }
    assert [one.service for one in found.functions] == ["c"]
    assert [one.service for one in found.awaited] == ["b", "c"]
