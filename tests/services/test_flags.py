"""Flags of a running process: they follow their file, and only the container itself is told."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openfeature import api

from lab.settings import Settings
from lab.stack import control
from services.common import flags
from services.common.env import Env
from services.providers.service import create_app
from services.providers.settings import Settings as ProvidersSettings

SEEN_WITHIN_S = 2.0
KNOWN = ("first_flag", "second_flag")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab whose control folder has two flags, both off."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)
    control.prepare(Settings(), KNOWN)
    return Settings()


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """This process without flags, before and after."""
    yield
    api.shutdown()
    api.clear_providers()
    flags._known = flags._on = frozenset()


def start(folder: Path) -> None:
    """Start the flags of this process on a folder."""
    flags.start(Env({"TRACELAB_CONTROL_DIR": str(folder)}))


def becomes(expected: Callable[[], bool]) -> bool:
    """Whether it becomes so in the time that a change has."""
    until_s = time.monotonic() + SEEN_WITHIN_S
    while not expected() and time.monotonic() < until_s:
        time.sleep(0.01)
    return expected()


def test_a_flag_follows_its_file(lab: Settings) -> None:
    """On at the start, off and on again while the process runs; others stay as they are."""
    control.turn_on(lab, "first_flag")
    start(lab.control_dir)
    assert flags.on() == ("first_flag",)
    control.turn_on(lab, "second_flag")
    assert becomes(lambda: flags.on() == KNOWN)
    control.turn_off(lab, "first_flag")
    assert becomes(lambda: flags.on() == ("second_flag",))
    assert flags.is_on("second_flag")
    assert not flags.is_on("first_flag")


def test_changes_right_after_each_other_are_seen(lab: Settings) -> None:
    """The last of several changes within one look is the one that counts."""
    start(lab.control_dir)
    for _ in range(5):
        control.turn_on(lab, "first_flag")
        control.turn_off(lab)
        control.turn_on(lab, "second_flag")
        assert becomes(lambda: flags.on() == ("second_flag",))
        control.turn_off(lab)
        assert becomes(lambda: flags.on() == ())


def test_without_a_folder_or_file_everything_is_off(tmp_path: Path) -> None:
    """No variable, no file: nothing is started and nothing is on."""
    flags.start(Env({}))
    start(tmp_path)
    start(tmp_path / "nowhere")
    assert flags.on() == ()
    assert not flags.is_on("first_flag")


def test_a_broken_file_changes_nothing(lab: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """What was on stays on, nothing is logged, and the next good file counts."""
    control.turn_on(lab, "first_flag")
    start(lab.control_dir)
    (lab.control_dir / control.FLAGS).write_text("{")
    time.sleep(3 * flags.LOOK_EVERY_MS / 1000)
    assert flags.on() == ("first_flag",)
    control.prepare(lab, KNOWN)
    assert becomes(lambda: flags.on() == ())
    assert caplog.records == []


def test_a_file_that_is_broken_from_the_start_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The service starts all the same, with everything off and one warning."""
    (tmp_path / flags.FILE).write_text("{")
    start(tmp_path)
    assert flags.on() == ()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_only_the_container_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller on the loopback gets the flags; for anybody else there is no such page."""
    monkeypatch.setattr(flags, "_on", frozenset({"b", "a"}))
    app = create_app(ProvidersSettings(tmp_path, 4, 0))
    inside = TestClient(app, client=("127.0.0.1", 1))
    assert inside.get("/flags").json() == {"on": ["a", "b"]}
    outside = TestClient(app, client=("172.17.0.1", 1))
    assert outside.get("/flags").status_code == 404
    assert "/flags" not in app.openapi()["paths"]
