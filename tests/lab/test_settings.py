"""Which lab a command speaks to."""

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.settings import Settings, load


def test_defaults_are_the_documented_ones() -> None:
    """Without options or environment it is the lab `tracelab` on the documented ports."""
    settings = load(env={})
    assert settings == Settings("tracelab", 0, "auto", ())
    assert settings.url("gateway") == "http://127.0.0.1:8000"
    assert settings.url("jaeger") == "http://127.0.0.1:16686"


def test_the_command_line_wins_over_the_environment() -> None:
    """An option given on the command line is taken, and the environment fills in the rest."""
    env = {"TRACELAB_NAME": "other", "TRACELAB_PORT_OFFSET": "100", "TRACELAB_IMAGES": "packages"}
    settings = load("mine", None, env)
    assert settings == Settings("mine", 100, "packages", ())
    assert settings.port("gateway") == 8100


def test_overlays_are_a_path_list() -> None:
    """TRACELAB_OVERLAYS holds compose files separated as in PATH."""
    env = {"TRACELAB_OVERLAYS": "/a/one.yaml:/b/two.yaml"}
    assert load(env=env).overlays == (Path("/a/one.yaml"), Path("/b/two.yaml"))


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"TRACELAB_NAME": "Bad Name"}, "'Bad Name'"),
        ({"TRACELAB_PORT_OFFSET": "-5"}, "'-5'"),
        ({"TRACELAB_PORT_OFFSET": "60000"}, "'60000'"),
        ({"TRACELAB_IMAGES": "cloud"}, "'cloud'"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(env: dict[str, str], named: str) -> None:
    """A bad value is refused with the value itself in the message."""
    with pytest.raises(UsageError, match=named):
        load(env=env)
