"""Checkpoint 4: both tracers import."""

import pytest

from checks.imports import COMMAND, judge
from lab.errors import LabError, UnavailableError
from lab.run import CommandError, Completed

SERVICES = ("gateway", "retriever", "generator")


def ran(exit_code: int = 0, stdout: str = "Ready\n", stderr: str = "") -> Completed:
    """An ended import."""
    return Completed(COMMAND, exit_code, stdout, stderr)


def all_but(service: str, result: Completed | LabError) -> dict[str, Completed | LabError]:
    """Ready everywhere but there."""
    return {**dict.fromkeys(SERVICES, ran()), service: result}


def test_the_command_is_the_documented_one() -> None:
    """What runs is the very line the learner is given."""
    assert " ".join(COMMAND[:2]) == "python -c"
    assert COMMAND[2] == "import opentelemetry; from ddtrace import tracer; print('Ready')"


def test_ready_everywhere_passes() -> None:
    """Ready in all three containers passes."""
    found = judge(dict.fromkeys(SERVICES, ran()))
    assert found.passed
    assert found.evidence == "Ready in 3 of 3 containers: gateway, retriever, generator"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("module", ["ddtrace", "opentelemetry"])
def test_a_missing_package_fails(service: str, module: str) -> None:
    """An import error in any one container fails, and is shown by its last line."""
    missing = f"ModuleNotFoundError: No module named '{module}'"
    found = judge(all_but(service, ran(1, "", f"Traceback (most recent call last):\n{missing}\n")))
    assert not found.passed
    assert f"{service} ended with 1: {missing}" in found.evidence
    assert "Ready in 2 of 3" in found.evidence
    assert found.fix is not None
    assert "requirements/services.in" in found.fix


def test_a_python_that_says_nothing_fails() -> None:
    """Exit code 0 without Ready is no pass."""
    found = judge(all_but("retriever", ran(0, "")))
    assert not found.passed
    assert "retriever ended with 0: it wrote nothing" in found.evidence


def test_a_container_that_is_gone_fails() -> None:
    """A container that isn't running fails the check and says so, not hiding the others."""
    gone = UnavailableError("the generator container of 'lab' is exited, not running")
    found = judge(all_but("generator", gone))
    assert not found.passed
    assert "is exited, not running" in found.evidence
    assert "Ready in 2 of 3" in found.evidence
    assert found.fix == "invoke up"


def test_an_import_that_hangs_fails() -> None:
    """A command that ran out of time is told with its time."""
    late = CommandError(Completed(COMMAND, 124, "", "still running after 10.0 s"))
    found = judge(all_but("gateway", late))
    assert not found.passed
    assert "still running after 10.0 s" in found.evidence
    assert found.fix == "invoke doctor"
