"""`invoke profile` on real containers: a real recording of the mystery query, and what can fail."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from docker.models.containers import Container

from lab import arrival, containers, pyspy, stacks
from lab.jaeger import Jaeger
from lab.mystery import send_mystery
from lab.run import Completed
from lab.settings import ROOT, Settings
from lab.sidecar import ROLE, ROLE_LABEL
from services.gateway.cache import request_key
from services.telemetry.conventions import SERVICES
from tests.integration.support import Invoke

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"
ARRIVAL_S = 20
SIDECAR_S = 30


@dataclass(frozen=True)
class Profiled:
    """One `invoke profile --json` and what it left."""

    done: Completed
    document: dict[str, Any]

    def artifact(self, kind: str) -> bytes:
        """The content of one of the report's files."""
        return Path(self.document["artifacts"][kind]).read_bytes()


def sidecars(settings: Settings) -> list[Container]:
    """The lab's sidecars, running or not."""
    found = containers.all_containers(settings)
    return [one for one in found if one.labels.get(ROLE_LABEL) == ROLE]


def reports() -> set[Path]:
    """The reports there are, unfinished ones too."""
    folder = Settings().reports_dir
    return set(folder.iterdir()) if folder.exists() else set()


def sent_mystery(settings: Settings) -> str:
    """Send the mystery query and wait for its trace."""
    trace_id = send_mystery(settings)
    with Jaeger(settings.url("jaeger")) as jaeger:
        arrival.wait(jaeger, [trace_id], 1, ARRIVAL_S, lambda _: None)
    return trace_id


@pytest.fixture(autouse=True, scope="module")
def tidy() -> Iterator[None]:
    """Remove the reports that these tests make."""
    before = reports()
    yield
    for made in reports() - before:
        shutil.rmtree(made)


@pytest.fixture(scope="module")
def profiled(lab: Settings, invoke_lab: Invoke) -> Profiled:
    """`invoke profile --json`, told nothing but to look at the last half minute."""
    sent_mystery(lab)
    done = invoke_lab("profile", "--json", "--since", "30s")
    assert done.exit_code == 0, done.stderr
    return Profiled(done, json.loads(done.stdout))


@pytest.mark.parametrize("service", SERVICES)
def test_py_spy_reads_every_service(lab: Settings, service: str) -> None:
    """A sidecar with SYS_PTRACE alone reads an unprivileged, non-root service, and is gone then."""
    found = pyspy.can_attach(lab, service)
    assert found.pid > 1
    assert found.threads > 1
    assert sidecars(lab) == []


def test_the_slowest_span_is_the_providers_wait(profiled: Profiled) -> None:
    """Told nothing, it finds openai.generate: I/O-bound, in the function that calls, no CPU."""
    slowest, verdict = profiled.document["slowest_span"], profiled.document["verdict"]
    assert (slowest["name"], slowest["service"]) == ("openai.generate", "generator")
    assert slowest["self_ms"] > 3000
    assert slowest["share"] > 0.6
    assert slowest["ahead_of_next_ms"] > 1000
    assert verdict["cause"] == "io_wait"
    assert verdict["confidence"] in ("high", "medium")
    assert verdict["file"].startswith("services/generator/")
    by_span = {one["span"]: one for one in profiled.document["contributors"]}
    assert by_span["openai.generate"]["cause"] == "io_wait"
    assert by_span["score"]["service"] == "retriever"


def test_the_flame_graph_is_py_spys_own_and_names_our_functions(profiled: Profiled) -> None:
    """profile.svg is a well-formed SVG whose frames name functions of the services' code."""
    root = ElementTree.fromstring(profiled.artifact("flamegraph"))  # noqa: S314 - our own file
    assert root.tag == f"{SVG}svg"
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    function = profiled.document["verdict"]["function"]
    assert any(title.startswith(f"{function} (services/generator/") for title in titles)


def test_the_speedscope_file_has_samples_of_our_functions(profiled: Profiled) -> None:
    """profile.speedscope.json follows the format's schema and holds sampled stacks of the span."""
    document = json.loads(profiled.artifact("speedscope"))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in document["shared"]["frames"]]
    seen = {
        names[index]
        for profile in document["profiles"]
        for sample in profile["samples"]
        for index in sample
    }
    assert profiled.document["verdict"]["function"] in seen


def test_the_samples_in_the_span_are_those_of_the_recording(profiled: Profiled) -> None:
    """The recording holds whole replays, and most of the span's time is found inside it."""
    timeline = stacks.parse(profiled.artifact("chrometrace"))
    assert timeline.end_us - timeline.start_us > 9_000_000
    longest_ms = max(one["total_ms"] for one in profiled.document["functions"])
    assert longest_ms == pytest.approx(profiled.document["slowest_span"]["self_ms"], rel=0.2)


def test_the_analysis_is_written_for_a_reader(profiled: Profiled) -> None:
    """bottleneck_analysis.md names span, verdict, hypothesis, evidence and next step."""
    told = profiled.artifact("analysis").decode()
    assert "**Slowest span**: `openai.generate` in generator" in told
    assert "**Verdict**: I/O-bound" in told
    for part in ("Root-cause hypothesis", "Evidence", "Next step", "How this was measured"):
        assert f"## {part}\n" in told
    assert json.loads(profiled.artifact("profile")) == profiled.document


def test_nothing_is_left_running(lab: Settings, profiled: Profiled) -> None:
    """After the profile there is no sidecar, and stdout held the document alone."""
    assert profiled.done.stdout.startswith("{")
    assert sidecars(lab) == []


def test_a_request_no_longer_kept_is_told(lab: Settings, invoke_lab: Invoke) -> None:
    """Without the request nothing can be replayed: exit code 1 and what to do."""
    trace_id = sent_mystery(lab)
    containers.execute(lab, "redis", ["redis-cli", "del", request_key(trace_id)])
    before = reports()
    refused = invoke_lab("profile", "--trace-id", trace_id)
    assert refused.exit_code == 1
    assert "no longer kept" in refused.stderr
    assert "invoke traffic" in refused.stderr
    assert reports() == before


def test_a_failed_replay_leaves_nothing_behind(restored: Settings, invoke_lab: Invoke) -> None:
    """With the provider dead the replay's status is told; no report, no sidecar."""
    trace_id = sent_mystery(restored)
    containers.container(restored, "providers").kill()
    before = reports()
    failed = invoke_lab("profile", "--trace-id", trace_id)
    assert failed.exit_code == 1
    assert "the replay failed: HTTP 50" in failed.stderr
    assert reports() == before
    assert sidecars(restored) == []


def test_an_interrupted_profile_leaves_nothing_behind(lab: Settings) -> None:
    """Ctrl-C while py-spy records: its sidecar, which had SYS_PTRACE and nothing else, is gone."""
    trace_id = sent_mystery(lab)
    before = reports()
    identity = {"TRACELAB_NAME": lab.name, "TRACELAB_PORT_OFFSET": str(lab.port_offset)}
    profile = subprocess.Popen(
        [Path(sys.executable).with_name("invoke"), "profile", "--trace-id", trace_id],
        env={**os.environ, **identity},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        sidecar = started(lab)
        host = sidecar.attrs["HostConfig"]
        assert (host["CapAdd"], host["CapDrop"]) == (["SYS_PTRACE"], ["ALL"])
        assert (host["NetworkMode"], host["Privileged"]) == ("none", False)
        assert sidecar.attrs["Mounts"] == []
        time.sleep(1)
        profile.send_signal(signal.SIGINT)
        told, _ = profile.communicate(timeout=SIDECAR_S)
    finally:
        profile.kill()
        profile.wait()
    assert profile.returncode == 130, told
    assert sidecars(lab) == []
    assert reports() == before
    assert pyspy.can_attach(lab, "generator").threads > 1


def started(settings: Settings) -> Container:
    """The sidecar, once it runs."""
    ends_s = time.monotonic() + SIDECAR_S
    while time.monotonic() < ends_s:
        for found in sidecars(settings):
            if found.status == "running":
                return found
        time.sleep(0.1)
    pytest.fail(f"no sidecar ran within {SIDECAR_S} s")
