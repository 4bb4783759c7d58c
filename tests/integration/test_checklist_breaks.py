"""Every checkpoint, seen to fail on a lab in which what it checks is really broken."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.result import Check
from checks.runner import CHECKPOINTS, TIMEOUT_S, run, run_on
from checks.sources import START_S, gather
from checks.window import SETTLE_S
from lab.console import Steps
from lab.run import run as command
from lab.settings import ROOT, Settings
from lab.stack import containers
from lab.stack import lifecycle as stack
from lab.traffic import send as traffic
from lab.traffic.gateway import Gateway, forced_traceparent
from lab.traffic.scenario import Request
from tests.integration.support import Invoke

pytestmark = pytest.mark.integration

HOUR_S = 3600
TENTH = "TraceIdRatioBased(0.10)"
TRACE_CONTEXT = "set_global_textmap(TraceContextTextMapPropagator())"
BAGGAGE_ALONE = """from opentelemetry.baggage.propagation import W3CBaggagePropagator
        set_global_textmap(W3CBaggagePropagator())"""
UNTRACED_RETRIEVER = "uvicorn services.retriever.app:app --host 0.0.0.0 --port 8000"
QUESTION = Request("How do I reverse a list?", "u3", top_k=5, model="gpt-4o-mini")
SITE_PACKAGES = "/opt/venv/lib/python3.13/site-packages"


@pytest.fixture(scope="module")
def breakable(lab: Settings, steps: Steps) -> Iterator[Settings]:
    """The tests' lab, put right again after the last test of this file."""
    try:
        yield lab
    finally:
        stack.up(lab, steps)


@pytest.fixture
def unprofilable(lab: Settings) -> Iterator[str]:
    """An application image without ddtrace and without py-spy."""
    app = containers.container(lab, "retriever").attrs["Config"]["Image"]
    name = f"{lab.name}-unprofilable"
    dockerfile = f"""FROM {app}
USER 0:0
RUN rm -r {SITE_PACKAGES}/ddtrace /opt/venv/bin/py-spy
USER 10001:10001
"""
    command(["docker", "build", "--quiet", "--tag", name, "-"], stdin=dockerfile)
    yield name
    command(["docker", "image", "rm", "--force", name])


def changed_copy(folder: Path, source: str, *changes: tuple[str, str, str]) -> Path:
    """A copy of ``source`` of the project, texts of its files replaced: (file, before, after).

    It leaves out what was compiled: the image's compiled modules are used without a look at their
    sources, so that a service sees a change only where the whole package is mounted over.
    """
    copy = folder / f"{len(list(folder.iterdir()))}-{Path(source).name}"
    shutil.copytree(ROOT / source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file, before, after in changes:
        text = (copy / file).read_text()
        assert text.count(before) == 1, f"{file} has changed: {before!r} isn't there once"
        (copy / file).write_text(text.replace(before, after))
    return copy


def telemetry(folder: Path, *changes: tuple[str, str, str]) -> dict[str, Any]:
    """A service with these changes of services/telemetry."""
    copy = changed_copy(folder, "services/telemetry", *changes)
    return {"volumes": [f"{copy}:/app/services/telemetry:ro"]}


def start_broken(lab: Settings, steps: Steps, folder: Path, services: dict[str, Any]) -> None:
    """Run the lab with these changes of its services."""
    overlay = folder / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"services": services}))
    stack.up(replace(lab, overlays=(overlay,)), steps)
    time.sleep(START_S)


def ask(lab: Settings, *, count: int, forced: int) -> None:
    """Send one question ``count`` times, mostly answered from the cache, and ``forced`` traced."""

    async def send() -> None:
        async with Gateway(lab, connections=8) as gateway:
            uncached = replace(QUESTION, no_cache=True)
            for _ in range(forced):
                await gateway.send(uncached, traceparent=forced_traceparent())
            pending = [gateway.send(QUESTION) for _ in range(count)]
            outcomes = await asyncio.gather(*pending)
        assert all(outcome.ok for outcome in outcomes), outcomes[0].error

    asyncio.run(send())
    time.sleep(SETTLE_S)


def checks_of(lab: Settings) -> dict[str, Check]:
    """A run of all checks on the lab, by id."""
    return {check.id: check for check in run(lab).checks}


def since_s(lab: Settings) -> float:
    """From when on the checks count requests and traces."""
    return gather(lab, time.time()).since_s("datadog")


def require_all_pass(invoke_lab: Invoke) -> None:
    """`invoke checklist --json` ends with 0 and every check has passed."""
    done = invoke_lab("checklist", "--json")
    document = json.loads(done.stdout)
    failed = [check for check in document["checks"] if not check["passed"]]
    assert failed == [], done.stdout
    assert document["passed"] is True
    assert len(document["checks"]) == len(CHECKPOINTS)
    assert done.exit_code == 0


def test_a_healthy_lab_passes_every_check(breakable: Settings, invoke_lab: Invoke) -> None:
    """A lab that is up and warm passes all nine."""
    traffic.warm_up(breakable, lambda _: None, since_s=since_s(breakable))
    require_all_pass(invoke_lab)


def test_traces_that_are_too_old_do_not_count(breakable: Settings) -> None:
    """Two hours later the same traces are no evidence any more, nor are the same requests."""
    later = gather(breakable, time.time() + 2 * HOUR_S)
    told = {check.id: check for check in run_on(later, CHECKPOINTS, TIMEOUT_S).checks}
    assert not told["traces"].passed
    assert "0 complete traces of the last hour" in told["traces"].evidence
    assert told["traces"].fix == "invoke traffic --scenario cold --requests 250"
    for one in ("sampling", "attributes", "propagation", "datadog"):
        assert not told[one].passed, one
        assert "invoke traffic" in str(told[one].fix), one


def test_wrong_ratio_interval_retention_context_and_image(
    breakable: Settings, steps: Steps, tmp_path: Path, unprofilable: str
) -> None:
    """A half sampled, a second's batches, three days kept, context dropped, packages missing."""
    jaeger = changed_copy(
        tmp_path, "compose/images/jaeger", ("config.yaml", "spans: 720h", "spans: 72h")
    )
    changes: dict[str, Any] = {
        "gateway": telemetry(tmp_path, ("tracer.py", TENTH, "TraceIdRatioBased(0.5)")),
        "retriever": {
            "image": unprofilable,
            "command": UNTRACED_RETRIEVER,
            "environment": {"OTEL_BSP_SCHEDULE_DELAY": "1000"},
        },
        "generator": telemetry(tmp_path, ("tracer.py", TRACE_CONTEXT, BAGGAGE_ALONE)),
        "jaeger": {"volumes": [f"{jaeger}/config.yaml:/etc/jaeger/config.yaml:ro"]},
    }
    start_broken(breakable, steps, tmp_path, changes)
    ask(breakable, count=120, forced=3)
    told = checks_of(breakable)
    for one, evidence in {
        "sampling": "gateway samples 0.5 instead of 0.10",
        "imports": "retriever ended with 1: ModuleNotFoundError: No module named 'ddtrace'",
        "propagation": "traces have no server span of another process below generate",
        "datadog": "lacks",
        "exporter": "retriever exports every 1000 ms",
        "retention": "ttl.spans is 72h, not 720h",
        "pyspy": "retriever: ",
    }.items():
        assert not told[one].passed, one
        assert evidence in told[one].evidence, told[one].evidence
        assert "invoke up" in str(told[one].fix) or "invoke doctor" in str(told[one].fix), one
    assert "of 120 requests" in told["sampling"].evidence
    assert "exact binomial, two-sided" in told["sampling"].evidence
    assert "py-spy" in told["pyspy"].evidence
    assert "Ready in 2 of 3 containers" in told["imports"].evidence
    assert told["traces"].passed, "the hour's earlier traces are still whole"


def test_low_ratio_and_missing_attributes(
    breakable: Settings, steps: Steps, tmp_path: Path
) -> None:
    """0.05 in one service, tokens untold, cost untold, and a retriever that Datadog can't see."""
    silent = ("conventions.py", '"llm.prompt_tokens"', '"prompt_tokens"')
    stingy = ("tracer.py", TENTH, "TraceIdRatioBased(0.05)")
    changes: dict[str, Any] = {
        "gateway": telemetry(tmp_path, ("conventions.py", '"cost_usd"', '"cost"')),
        "retriever": {"environment": {"DD_TRACE_ENABLED": "false"}},
        "generator": telemetry(tmp_path, silent, stingy),
    }
    start_broken(breakable, steps, tmp_path, changes)
    ask(breakable, count=120, forced=3)
    told = checks_of(breakable)
    for one, evidence in {
        "sampling": "generator samples 0.05 instead of 0.10",
        "attributes": "no llm.prompt_tokens",
        "datadog": "lacks retriever",
    }.items():
        assert not told[one].passed, one
        assert evidence in told[one].evidence, told[one].evidence
    assert "no cost_usd" in told["attributes"].evidence
    for one in ("traces", "imports", "propagation", "exporter", "retention", "pyspy"):
        assert told[one].passed, told[one].evidence


def test_what_cannot_be_looked_at_fails_and_says_so(
    breakable: Settings, invoke_lab: Invoke
) -> None:
    """With Jaeger, Datadog and the generator dead, every check that needs them names them."""
    for service in ("jaeger", "datadog", "generator"):
        containers.container(breakable, service).kill()
    done = invoke_lab("checklist", "--json")
    assert done.exit_code == 1
    told = {check["id"]: check for check in json.loads(done.stdout)["checks"]}
    assert len(told) == len(CHECKPOINTS)
    assert not any(check["passed"] for check in told.values())
    for one in ("traces", "sampling", "attributes", "propagation"):
        assert "Jaeger doesn't answer" in told[one]["evidence"], one
    assert "datadog container" in told["datadog"]["evidence"]
    assert "jaeger container" in told["retention"]["evidence"]
    for one in ("imports", "exporter", "pyspy"):
        assert "generator container" in told[one]["evidence"], one
    assert {check["fix"] for check in told.values()} == {"invoke up"}
    shown = invoke_lab("checklist").stdout
    assert shown.count("FAIL") == len(CHECKPOINTS)
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_put_right_every_check_passes_again(
    breakable: Settings, invoke_lab: Invoke, steps: Steps
) -> None:
    """Without the changes, and with new traffic, nothing is left of what was broken."""
    stack.up(breakable, steps)
    time.sleep(START_S)
    traffic.warm_up(breakable, lambda _: None, since_s=since_s(breakable))
    require_all_pass(invoke_lab)
