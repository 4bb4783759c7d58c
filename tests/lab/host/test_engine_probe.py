"""The docker client is asked as a program: here a tiny one stands in for it."""

from pathlib import Path

import pytest

from lab.host import engine, engine_probe, plugins
from lab.host.engine_probe import Probe

ANSWERING = """#!/bin/sh
echo '{"ServerVersion": "28.0.0", "ClientInfo": {"Plugins": [
  {"Name": "compose", "Version": "v2.30.0"}, {"Name": "buildx", "Version": "v0.17.1"}]}}'
"""
SILENT = """#!/bin/sh
case "$1" in
context) echo unix:///run/user/7/docker.sock ;;
*) echo "Cannot connect to the Docker daemon" >&2; exit 1 ;;
esac
"""


def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Make this script the docker client."""
    program = tmp_path / "docker"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")


def test_a_working_engine_needs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an engine and both plugins there is nothing to report, fetch or start."""
    client(tmp_path, monkeypatch, ANSWERING)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    said: list[str] = []
    engine.ensure(said.append)
    assert said == []
    assert list(tmp_path.iterdir()) == [tmp_path / "docker"]


def test_a_silent_engine_is_described_by_its_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error and the address are both known, for the message."""
    client(tmp_path, monkeypatch, SILENT)
    found = engine_probe.probe()
    assert found.has_client
    assert (found.version, found.said) == ("", "Cannot connect to the Docker daemon")
    assert found.endpoint == "unix:///run/user/7/docker.sock"
    assert not engine_probe.answers()


def test_no_client_is_a_finding_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without docker can be described."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = engine_probe.probe()
    assert (found.has_client, found.version, found.plugins) == (False, "", frozenset())
    assert isinstance(found, Probe)


def test_missing_and_old_plugins_are_told() -> None:
    """A plugin below the oldest usable version counts as missing."""
    names = [plugin.name for plugin in plugins.missing([("compose", "v2.5.0")])]
    assert names == ["compose", "buildx"]
    assert plugins.missing([("compose", "2.26.1-4"), ("buildx", "0.13.1+ds1")]) == ()
    assert plugins.missing([("compose", "v5.0.0"), ("buildx", "v0.29.1-desktop.1")]) == ()


def test_plugins_go_where_the_client_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DOCKER_CONFIG moves the plugin folder as it moves the client's."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert plugins.folder() == tmp_path / "cli-plugins"
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.setenv("HOME", "/home/someone")
    assert plugins.folder() == Path("/home/someone/.docker/cli-plugins")
