"""A service as a process: its logs, its end, and what a dead backend does to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services.collector import Collector
from tests.services.conftest import sampled_traceparent
from tests.services.servers import Server
from tests.services.test_datadog import ENVIRONMENT, ROOT, TRACE_ID

SECRET = "xylophonic-wombat"
QUERY = {"question": f"Why {SECRET}?", "user_id": "u1"}
GRACE_S = 10
NOWHERE = "http://127.0.0.1:1"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def gateway(folder: Path, **env: str) -> Iterator[tuple[Server, "subprocess.Popen[bytes]"]]:
    """A gateway under ddtrace-run with nothing behind it; its log is in ``folder``."""
    server = Server(free_port())
    programs = Path(sys.executable).parent
    settings = {**ENVIRONMENT, "RETRIEVER_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1", **env}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "ddtrace-run", programs / "uvicorn", "services.gateway.app:app",
             "--port", str(server.port), "--no-access-log"],
            env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stderr=log,
        )  # fmt: skip
    try:
        until_s = time.monotonic() + 30
        while not answers(server):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until_s, "the gateway doesn't answer"
            time.sleep(0.05)
        yield server, process
    finally:
        process.kill()
        process.wait()


def answers(server: Server) -> bool:
    """Whether something listens there."""
    try:
        return server.get("/healthz").status == 200
    except OSError:
        return False


def lines(folder: Path) -> list[dict[str, Any]]:
    """The log's lines, each of which must be JSON."""
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def test_dead_backends_neither_fail_nor_hold_up_the_end(tmp_path: Path) -> None:
    """With Jaeger and Datadog away requests are answered, few lines are logged, SIGTERM ends it."""
    with gateway(tmp_path) as (server, process):
        for _ in range(20):
            response = server.post("/query", QUERY, traceparent=sampled_traceparent(TRACE_ID))
            assert response.status == 502
        header = response.headers["traceresponse"]
        assert header.startswith(f"00-{TRACE_ID}-")
        assert header.endswith("-01")
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(GRACE_S)
        assert time.monotonic() - began_s < GRACE_S - 1
    logged = lines(tmp_path)
    assert len(logged) < 20 + 15
    failed = [
        line for line in logged if line["level"] == "warning" and "retriever" in line["message"]
    ]
    assert len(failed) == 20
    assert {line["trace_id"] for line in failed} == {TRACE_ID}
    assert all(len(line["span_id"]) == 16 for line in failed)
    assert {"time", "level", "logger", "message", "service"} <= set(logged[0])
    assert SECRET not in (tmp_path / "log").read_text()


def test_spans_are_sent_before_the_end(tmp_path: Path) -> None:
    """SIGTERM sends what waits for the next export."""
    with Collector() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        with gateway(tmp_path, **env) as (server, process):
            server.post("/query", QUERY, traceparent=sampled_traceparent(TRACE_ID))
            telemetry = server.get("/telemetry").json()
            assert telemetry["service"] == "gateway"
            assert telemetry["schedule_delay_ms"] == 600_000
            assert telemetry["exporter_endpoint"] == f"{collector.url}/v1/traces"
            assert collector.names == []
            process.send_signal(signal.SIGTERM)
            process.wait(GRACE_S)
        assert collector.names.count("POST /query") == 1
        assert collector.names.count("retrieve") == 1
        assert collector.names.count("POST") == 3


def test_bad_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    """No traceback, but the variable and what it may be."""
    programs = Path(sys.executable).parent
    ended = subprocess.run(
        [programs / "uvicorn", "services.gateway.app:app", "--port", "0"],
        env={**os.environ, "CACHE_TTL_S": "never", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    said = "settings: CACHE_TTL_S is 'never'; use a whole number from 1 to 2592000"
    assert ended.stderr.strip() == said
