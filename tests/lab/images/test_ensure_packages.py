"""The recorded Debian packages, and the base image's command line."""

import shutil
from pathlib import Path

from lab.images.base import mmdebstrap_argv
from lab.images.buildenv import BuildEnv
from lab.images.package_list import LOCK, drift, parse_record, parse_versions, to_text
from lab.settings import ROOT


def test_a_record_reads_back_as_it_was_written() -> None:
    """Writing and reading are inverse."""
    packages = {"base": {"apt": "3.0.4", "libc6": "2.41-12"}, "app": {"python3.13-doc": "3.13.5-2"}}
    assert parse_record(to_text(packages)) == packages


def test_drift_names_what_changed_came_and_went() -> None:
    """One line each, with both versions."""
    recorded = {"base": {"apt": "3.0.3", "gone": "1", "same": "1"}}
    found = {"base": {"apt": "3.0.4", "new": "2", "same": "1"}}
    assert drift(recorded, found) == (
        "base: apt 3.0.3 -> 3.0.4",
        "base: gone 1 -> not installed",
        "base: new not recorded -> 2",
    )


def test_images_that_were_not_looked_into_do_not_drift() -> None:
    """With the registry's images there is no base of ours to compare."""
    recorded = {"base": {"apt": "3.0.3"}, "app": {"python3.13-doc": "3.13.5-2"}}
    assert drift(recorded, {"app": {"python3.13-doc": "3.13.5-2"}}) == ()


def test_versions_with_epochs_and_equal_signs_survive() -> None:
    """Only the first = separates."""
    assert parse_versions("redis-server=5:8.0.2-3\n\nodd\n") == {"redis-server": "5:8.0.2-3"}


def test_the_projects_own_record_covers_all_images() -> None:
    """The file in the repository is complete enough to compare with."""
    recorded = parse_record(LOCK.read_text())
    assert "python3" in recorded["base"]
    assert "redis-server" in recorded["redis"]
    assert "python3.13-doc" in recorded["app"]


def test_the_base_is_made_from_the_machines_mirrors_and_settings(tmp_path: Path) -> None:
    """They are given as files; none of their content is on the command line."""
    shutil.copytree(ROOT / "compose/images/base", tmp_path / "recipe")
    env = BuildEnv(secrets={"apt-sources": "deb http://me:secret@mirror trixie main\n"})
    argv = mmdebstrap_argv(tmp_path, env)
    assert (tmp_path / "sources.list").read_text() == env.secrets["apt-sources"]
    assert argv[-3:] == ["trixie", str(tmp_path / "base.tar"), str(tmp_path / "sources.list")]
    assert "secret" not in " ".join(argv)
    assert "--include=ca-certificates,python3,python3-venv" in argv
