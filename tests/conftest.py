"""A real lab of the tests' own: its own name, its own ports, removed at the end."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lab.console import Steps, err
from lab.host import engine
from lab.settings import Settings
from lab.stack import lifecycle as stack
from lab.traffic import send as traffic
from tests.integration.support import Invoke, commands_of, free_offset

LAB_NAME = "tracelab-test"


def removed(settings: Settings) -> None:
    """Remove whatever an earlier, interrupted run has left of this lab."""
    stack.down(settings, volumes=True)


class Uncaptured(Steps):
    """Steps that are seen while the tests run: building the images takes minutes."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(err)
        self._capture = config.pluginmanager.getplugin("capturemanager")
        self._lock = threading.Lock()

    def __call__(self, message: str) -> None:
        """Print one step around pytest's capture; image builds report from threads of their own."""
        with self._lock, self._capture.global_and_fixture_disabled():
            super().__call__(message)


@pytest.fixture(scope="session")
def steps(pytestconfig: pytest.Config) -> Steps:
    """Progress of slow set-up, to stderr."""
    return Uncaptured(pytestconfig)


@pytest.fixture(scope="session")
def lab(steps: Steps) -> Iterator[Settings]:
    """A running lab with the corpus loaded and the warm-up traffic sent."""
    engine.ensure(steps)
    settings = Settings(name=LAB_NAME, port_offset=free_offset())
    removed(settings)
    try:
        stack.up(settings, steps)
        # in a thread of its own: a browser may keep an event loop in this one
        with ThreadPoolExecutor(1) as own:
            own.submit(traffic.warm_up, settings, steps.update).result()
        yield settings
    finally:
        removed(settings)


@pytest.fixture(scope="session")
def invoke_lab(lab: Settings) -> Invoke:
    """Runs `invoke ARGUMENTS` against the tests' lab as a person would, and returns the outcome."""
    return commands_of(lab)


@pytest.fixture
def second_lab(lab: Settings) -> Iterator[Settings]:
    """Another lab beside the first, not started; removed afterwards."""
    settings = replace(lab, name=f"{LAB_NAME}-2", port_offset=free_offset(lab.port_offset + 10000))
    removed(settings)
    try:
        yield settings
    finally:
        removed(settings)


@pytest.fixture
def restored(lab: Settings, steps: Steps) -> Iterator[Settings]:
    """The lab, for a test that breaks it: put right again afterwards."""
    try:
        yield lab
    finally:
        stack.up(lab, steps)
