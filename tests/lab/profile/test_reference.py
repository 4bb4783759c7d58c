"""The healthy reference on disk, and when it is recorded."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.measure import capture, measurement_json
from lab.profile import reference
from lab.run import run
from lab.settings import Settings
from lab.traffic import scenario
from services.telemetry.conventions import SERVICES
from tests.lab.measure.test_measurement_json import BARE, WHOLE


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab whose state is in a temporary folder."""
    monkeypatch.setattr(Settings, "state_dir", property(lambda _: tmp_path / "state"))
    return Settings()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git checkout with one committed service."""
    root = tmp_path / "checkout"
    (root / "services").mkdir(parents=True)
    (root / "services" / "app.py").write_text("answer = 42\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "A service"]):
        run([*git, *arguments], cwd=root)
    return root


def test_what_is_kept_is_loaded_again(settings: Settings) -> None:
    """A later one takes the place of the first."""
    reference.save(settings, BARE)
    reference.save(settings, WHOLE)
    assert reference.load(settings) == reference.Kept(WHOLE)
    assert [one.name for one in settings.state_dir.iterdir()] == [reference.FILE]


def test_without_a_reference_the_command_for_one_is_told(settings: Settings) -> None:
    """None is kept before the first start."""
    kept = reference.load(settings)
    assert kept.measurement is None
    assert "`invoke reference`" in kept.why_not


def test_a_reference_that_can_not_be_read_is_told_and_ignored(settings: Settings) -> None:
    """A file cut short is no error."""
    reference.save(settings, WHOLE)
    path = reference.path(settings)
    path.write_text(path.read_text()[:100])
    kept = reference.load(settings)
    assert kept.measurement is None
    assert "it is no measurement" in kept.why_not


def test_without_an_own_reference_the_shipped_one_serves(
    settings: Settings, tmp_path: Path
) -> None:
    """It is said that it is of another machine; the lab's own is preferred where there is one."""
    shipped = tmp_path / "shipped.json"
    assert reference.best(settings, shipped).measurement is None
    shipped.write_text(measurement_json.dumps(WHOLE))
    kept = reference.best(settings, shipped)
    assert kept.measurement == WHOLE
    assert "of another machine" in kept.why_not
    reference.save(settings, BARE)
    assert reference.best(settings, shipped) == reference.Kept(BARE)


def test_what_comes_with_the_lab_is_of_the_mystery_query() -> None:
    """Else it would be held against other requests only, with less certainty."""
    shipped = measurement_json.loads(reference.SHIPPED.read_bytes())
    assert (
        shipped.request.digest
        == capture.request_of(scenario.mystery().body(), use_cache=False).digest
    )
    assert {cost.service for cost in shipped.spans} == set(SERVICES)
    assert shipped.counts is not None


def test_a_folder_that_can_not_be_written_is_an_error(settings: Settings) -> None:
    """The message names the file."""
    settings.state_dir.write_text("in the way")
    with pytest.raises(LabError, match=r"can't write the reference .*reference\.json"):
        reference.save(settings, BARE)


def test_changed_and_new_code_is_found(checkout: Path) -> None:
    """An edited file and one not yet known to git both differ from what is committed."""
    assert reference.changed_code(checkout) == ()
    (checkout / "README.md").write_text("not a service\n")
    assert reference.changed_code(checkout) == ()
    (checkout / "services" / "app.py").write_text("answer = 41\n")
    (checkout / "services" / "new.py").write_text("")
    (checkout / "seed").mkdir()
    (checkout / "seed" / "embedding.py").write_text("")
    assert set(reference.changed_code(checkout)) == {
        "services/app.py",
        "services/new.py",
        "seed/",
    }


def test_outside_a_checkout_nothing_is_taken_for_changed(tmp_path: Path) -> None:
    """An unpacked archive has no git to ask."""
    assert reference.changed_code(tmp_path) == ()


def test_no_reference_is_recorded_while_a_fault_is_on(settings: Settings) -> None:
    """It would hide the fault; what to do is told."""
    told: list[str] = []
    assert not reference.ensure(settings, told.append, ["passage_lookup"])
    assert "passage_lookup is on" in told[0]
    assert "`invoke heal`" in told[0]
    with pytest.raises(LabError, match="would count as healthy"):
        reference.renew(settings, told.append, ["passage_lookup"])


def test_a_reference_that_is_there_stays(settings: Settings) -> None:
    """A later start neither asks nor sends anything."""
    reference.save(settings, WHOLE)
    told: list[str] = []
    assert not reference.ensure(settings, told.append)
    assert told == []
    assert measurement_json.loads(reference.path(settings).read_bytes()) == WHOLE


def test_no_reference_is_recorded_of_changed_code(
    settings: Settings, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one is looking for may be in it: `invoke reference` is offered."""
    (checkout / "services" / "app.py").write_text("answer = 41\n")
    monkeypatch.setattr(reference, "ROOT", checkout)
    told: list[str] = []
    assert not reference.ensure(settings, told.append)
    assert "services/app.py differs" in told[0]
    assert "`invoke reference`" in told[0]


def test_no_reference_without_counts_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held against it, everything that is counted later would be new."""
    made = capture.Captured(BARE, (), (), {}, "the replay failed: HTTP 504")
    monkeypatch.setattr(capture, "measure", lambda *_: made)
    with pytest.raises(LabError, match="could not be counted: the replay failed: HTTP 504"):
        reference.record(settings, lambda _: None)
    assert not reference.path(settings).exists()
