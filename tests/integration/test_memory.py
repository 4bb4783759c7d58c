"""`invoke profile --memory` on real containers: the planted leak by name, and none without it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import faults
from lab.settings import Settings
from lab.stack import control
from lab.stack.containers import get_json
from services.telemetry.permit import FILE, PATH
from tests.integration.support import Invoke

pytestmark = pytest.mark.integration

LEAK = faults.find(faults.load(), "document_cache")
REQUESTS = 120


@pytest.fixture(autouse=True, scope="module")
def tidy() -> Iterator[None]:
    """Remove the reports that these tests make."""
    folder = Settings().reports_dir
    before = set(folder.iterdir()) if folder.exists() else set()
    yield
    for made in set(folder.iterdir()) - before:
        shutil.rmtree(made)


def profiled(invoke_lab: Invoke) -> dict[str, Any]:
    """The document of one `invoke profile --memory --json`."""
    done = invoke_lab("profile", "--memory", "--requests", str(REQUESTS), "--json")
    assert done.exit_code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_healthy_lab_keeps_nothing(lab: Settings, invoke_lab: Invoke) -> None:
    """No leak, nobody blamed, and no service is left with its allocations traced."""
    document = profiled(invoke_lab)
    verdict = document["verdict"]
    assert verdict["leak"] is False, json.dumps(document["services"], indent=1)
    assert (verdict["service"], verdict["function"], verdict["held_by"]) == (None, None, None)
    assert document["traffic"]["failed"] == 0
    assert not (lab.control_dir / FILE).exists()
    assert get_json(lab, "retriever", PATH)["status"] == 404


def test_the_planted_leak_is_found(lab: Settings, invoke_lab: Invoke) -> None:
    """Told nothing, it names service, function, file and the dict that never lets go."""
    assert invoke_lab("inject", LEAK.id).exit_code == 0
    try:
        document = profiled(invoke_lab)
    finally:
        invoke_lab("heal")
    verdict = document["verdict"]
    assert verdict["leak"] is True, json.dumps(document["services"], indent=1)
    assert verdict["service"] == LEAK.service
    assert verdict["function"].rpartition(".")[2] in LEAK.function
    assert verdict["file"] == LEAK.file
    assert verdict["held_by"] == "Documents.document_cache"
    assert 30_000 < verdict["bytes_per_request"] < 200_000
    assert "document_cache" in Path(document["artifacts"]["analysis"]).read_text()
    assert control.on(lab) == ()
