"""How a lab is described to compose."""

from pathlib import Path

import pytest

from lab.images.ensure import Images
from lab.settings import Settings
from lab.stack.lifecycle import compose_argv, compose_env, compose_overlays

IMAGES = Images(source="packages", why="", app="a:1", redis="r:1", jaeger="j:1", datadog="d:1")
REGISTRY = Images(source="registry", why="", app="a:1", redis="r:1", jaeger="j:1", datadog="d:1")


def test_name_and_overlays_reach_the_command_line() -> None:
    """The project's name and each overlay file, after the lab's own, are given to compose."""
    argv = compose_argv(Settings("mine", overlays=(Path("/x/extra.yaml"),)), IMAGES, "up")
    assert argv[:4] == ["docker", "compose", "--project-name", "mine"]
    files = [argv[i + 1] for i, word in enumerate(argv) if word == "--file"]
    assert [Path(file).name for file in files] == ["lab.yaml", "extra.yaml"]
    assert argv[-1] == "up"


def test_the_port_offset_shifts_every_published_port() -> None:
    """All four host ports are filled in with the offset."""
    env = compose_env(Settings(port_offset=100), IMAGES)
    assert {name: env[name] for name in env if name.endswith("_PORT")} == {
        "TRACELAB_GATEWAY_PORT": "8100",
        "TRACELAB_JAEGER_PORT": "16786",
        "TRACELAB_DATADOG_PORT": "8226",
        "TRACELAB_DATADOG_UI_PORT": "8227",
    }


def test_without_keys_the_providers_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no API key both clients are pointed at the providers container."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    env = compose_env(Settings(), IMAGES)
    assert env["OPENAI_BASE_URL"] == "http://providers.lab:8000/v1"
    assert env["PINECONE_HOST"] == "http://providers.lab:8000"


def test_with_a_key_the_real_service_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key leaves the client's own address alone, and is not written into the settings."""
    monkeypatch.setenv("OPENAI_API_KEY", "made-up")
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    env = compose_env(Settings(), IMAGES)
    assert "OPENAI_BASE_URL" not in env
    assert "OPENAI_API_KEY" not in env
    assert env["PINECONE_HOST"] == "http://providers.lab:8000"


def test_datadogs_own_agent_needs_a_key_and_a_registry() -> None:
    """The real agent takes the test agent's place only where it can be pulled and has a key."""
    assert [p.name for p in compose_overlays(REGISTRY, {"DD_API_KEY": "made-up"})] == [
        "datadog-agent.yaml"
    ]
    assert compose_overlays(REGISTRY, {}) == ()
    assert compose_overlays(IMAGES, {"DD_API_KEY": "made-up"}) == ()
