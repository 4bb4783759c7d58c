"""Checkpoint 9: py-spy can attach."""

import pytest

from checks.pyspy import judge
from lab.errors import LabError, UnavailableError
from lab.measure.pyspy import Attached

SERVICES = ("gateway", "retriever", "generator")
ALL: dict[str, Attached | LabError] = {
    name: Attached(name, 7, "3.13.5", threads=9) for name in SERVICES
}


def test_stacks_of_all_three_pass() -> None:
    """A dump of every service passes and tells threads and version."""
    found = judge(ALL)
    assert found.passed
    assert "stacks read from 3 of 3: gateway (9 threads, Python 3.13.5)" in found.evidence


@pytest.mark.parametrize("service", SERVICES)
def test_one_that_refuses_fails(service: str) -> None:
    """One service that can't be traced fails, with py-spy's words."""
    refused = LabError(f"py-spy can't profile {service}: Permission denied (os error 13)")
    found = judge({**ALL, service: refused})
    assert not found.passed
    assert "Permission denied (os error 13)" in found.evidence
    assert "stacks read from 2 of 3" in found.evidence
    assert found.fix == "invoke doctor"


def test_a_service_that_is_gone_fails() -> None:
    """A missing container fails and `invoke up` brings it back."""
    found = judge({**ALL, "gateway": UnavailableError("the lab 'x' has no gateway container")})
    assert not found.passed
    assert "has no gateway container" in found.evidence
    assert found.fix == "invoke up"


def test_an_image_without_py_spy_is_to_be_rebuilt() -> None:
    """Words over several lines become one, and the fix is the one that they name."""
    missing = LabError("py-spy can't profile:\n  [Errno 2]\nrebuild the image with `invoke up`")
    found = judge({**ALL, "gateway": missing})
    assert "gateway: py-spy can't profile: [Errno 2] rebuild the image" in found.evidence
    assert found.fix == "invoke up"
