"""The commands as a person types them, where nothing runs."""

import os
import sys
from pathlib import Path

import pytest

from lab.run import Completed, run
from lab.settings import ROOT


def invoke(*arguments: str, env: dict[str, str] | None = None) -> Completed:
    """`invoke ARGUMENTS` in the checkout, its outcome."""
    program = str(Path(sys.executable).with_name("invoke"))
    return run([program, *arguments], env=env, cwd=ROOT, timeout_s=60, check=False)


def test_every_documented_command_is_there() -> None:
    """`invoke --list` has the commands of the README."""
    listed = invoke("--list").stdout
    readme = (ROOT / "README.md").read_text()
    commands = {
        line.split("`")[1].split()[1]
        for line in readme.splitlines()
        if line.startswith("| `invoke ")
    }
    assert len(commands) >= 10
    assert commands <= set(listed.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("status", "--name", "Bad Name"), "'Bad Name'"),
        (("down", "--port-offset", "many"), "'many'"),
        (("traffic", "--rate", "fast"), "--rate is 'fast'"),
        (("traffic", "--requests", "0"), "--requests"),
        (("traffic", "--scenario", "nowhere"), "nowhere"),
        (("trace", "--min-duration", "2"), "2s"),
        (("trace", "--trace-id", "xyz"), "xyz"),
        (("profile", "--since", "yesterday"), "yesterday"),
        (("profile", "--requests", "200"), "--memory"),
        (("profile", "--memory", "--requests", "3"), "--requests is 3"),
    ],
)
def test_wrong_use_ends_with_2_and_names_the_value(arguments: tuple[str, ...], told: str) -> None:
    """A value that can't be used is repeated in the message, and the exit code is 2."""
    refused = invoke(*arguments)
    assert refused.exit_code == 2, refused.stderr
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", ["status", "down", "logs", "profile", "up"])
def test_an_engine_that_does_not_answer_ends_with_3(command: str, tmp_path: Path) -> None:
    """Where DOCKER_HOST names no engine the message says so, without a traceback."""
    unused = str(30000 + os.getpid() % 10000)
    env = {
        "DOCKER_HOST": f"unix://{tmp_path}/no.sock",
        "DOCKER_CONFIG": str(tmp_path),
        "TRACELAB_PORT_OFFSET": unused,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    refused = invoke(command, env=env)
    assert refused.exit_code == 3, refused.stderr
    assert "Traceback" not in refused.stderr
