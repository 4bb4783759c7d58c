"""The lab's life on real containers: up, a traced question, hardening, down."""

import json
import socket

import httpx
import pytest

from lab.console import Steps
from lab.run import run
from lab.settings import PORTS, Settings
from lab.stack import containers
from lab.stack import lifecycle as stack
from tests.integration.support import Invoke, commands_of

pytestmark = pytest.mark.integration

QUESTION = {"question": "How do I merge two dictionaries?", "user_id": "u1"}


def ids_of(settings: Settings) -> set[str]:
    """The ids of the lab's containers."""
    return {str(c.id) for c in containers.all_containers(settings)}


def test_a_question_is_answered_with_sources_usage_and_cost(lab: Settings) -> None:
    """A query returns an answer, five ranked sources, token usage, its cost and a trace id."""
    answer = httpx.post(f"{lab.url('gateway')}/query", json=QUESTION, timeout=30).json()
    assert set(answer) == {
        "answer", "sources", "usage", "cost_usd", "cached", "trace_id", "timings_ms",
    }  # fmt: skip
    assert answer["answer"]
    assert len(answer["sources"]) == 5
    assert all(source["url"].startswith("https://docs.python.org/") for source in answer["sources"])
    assert answer["usage"]["prompt_tokens"] > 100
    assert answer["usage"]["completion_tokens"] > 0
    assert len(answer["trace_id"]) == 32


def test_up_again_changes_nothing(lab: Settings, invoke_lab: Invoke) -> None:
    """`invoke up` on a running lab leaves every container as it is."""
    before = ids_of(lab)
    done = invoke_lab("up")
    assert done.exit_code == 0, done.stderr
    assert ids_of(lab) == before


def test_every_container_is_confined(lab: Settings) -> None:
    """No container is root, writable, privileged, unlimited, or published beyond the loopback."""
    found = containers.all_containers(lab)
    assert len(found) == len(containers.SERVICES)
    for container in found:
        host = container.attrs["HostConfig"]
        assert container.attrs["Config"]["User"] == "10001:10001", container.name
        assert host["ReadonlyRootfs"], container.name
        assert host["CapDrop"] == ["ALL"], container.name
        assert not host["CapAdd"], container.name
        assert "no-new-privileges:true" in host["SecurityOpt"], container.name
        assert host["Memory"] > 0, container.name
        assert host["PidsLimit"] > 0, container.name
        assert host["Init"], container.name
        assert not any("docker.sock" in mount["Source"] for mount in container.attrs["Mounts"])
        for bindings in host["PortBindings"].values():
            assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}, container.name


def test_status_tells_every_service(lab: Settings, invoke_lab: Invoke) -> None:
    """`invoke status --json` lists all seven services as running, with memory below the limit."""
    document = json.loads(invoke_lab("status", "--json").stdout)
    assert document["running"] is True
    assert [one["service"] for one in document["services"]] == list(containers.SERVICES)
    for one in document["services"]:
        assert 0 < one["memory_bytes"] < one["limit_bytes"], one


def test_two_labs_side_by_side_and_down(lab: Settings, second_lab: Settings, steps: Steps) -> None:
    """A second lab answers beside the first, and its `down` takes it alone away, all of it."""
    stack.up(second_lab, steps)
    for one in (lab, second_lab):
        answered = httpx.post(f"{one.url('gateway')}/query", json=QUESTION, timeout=30)
        assert answered.status_code == 200
    gone = commands_of(second_lab)("down", "--volumes")
    assert gone.exit_code == 0, gone.stderr
    assert stack.leftovers(second_lab, volumes=True) == ()
    assert len(containers.all_containers(lab)) == len(containers.SERVICES)


def test_a_taken_port_is_named_with_its_holder_and_a_free_offset(
    lab: Settings, second_lab: Settings
) -> None:
    """`invoke up` on a taken port ends with 3 and says which port, who holds it, where to go."""
    with socket.create_server(("127.0.0.1", second_lab.port("gateway"))):
        refused = commands_of(second_lab)("up", "--no-traffic")
    assert refused.exit_code == 3
    assert str(second_lab.port("gateway")) in refused.stderr
    assert "pid" in refused.stderr
    assert "--port-offset" in refused.stderr
    beside = commands_of(Settings("tracelab-test-2", lab.port_offset))("up", "--no-traffic")
    assert beside.exit_code == 3
    assert f"container {lab.name}-gateway-1" in beside.stderr


def test_logs_are_json_with_trace_ids(lab: Settings, invoke_lab: Invoke) -> None:
    """The gateway's log lines are JSON objects and those of a query carry its trace id."""
    answer = httpx.post(f"{lab.url('gateway')}/query", json=QUESTION, timeout=30).json()
    shown = invoke_lab("logs", "--service", "gateway", "--tail", "50")
    assert shown.exit_code == 0, shown.stderr
    lines = [json.loads(line) for line in shown.stdout.splitlines() if line.strip()]
    assert any(line.get("trace_id") == answer["trace_id"] for line in lines)
    assert QUESTION["question"] not in shown.stdout


def test_ports_are_the_documented_ones(lab: Settings) -> None:
    """The published ports are exactly the four of the settings."""
    published = run(["docker", "compose", "-p", lab.name, "ps", "--format", "{{.Ports}}"]).stdout
    assert all(f"127.0.0.1:{lab.port(service)}->" in published for service in PORTS)
