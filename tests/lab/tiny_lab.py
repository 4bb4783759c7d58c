"""A gateway and a Jaeger on loopback, small enough for a test to start."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.settings import PORTS, Settings
from tests.lab.tiny_jaeger import TinyJaeger
from tests.lab.trace_literals import BEGAN_US, query

FIRST_OFFSET, LAST_OFFSET = 20_000, 40_000
Body = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A query as the gateway got it."""

    body: Body
    headers: Mapping[str, str]


@dataclass
class TinyLab:
    """Answers every query; samples each ``sample_every``-th, and what is forced, into Jaeger.

    ``answer`` may give another status and document for the number of a query, counted from 1.
    """

    settings: Settings
    sample_every: int = 10
    delay_s: float = 0.0
    keeps_traceparent: bool = True
    exports: bool = True
    answer: Callable[[int, Body], tuple[int, Any]] | None = None
    received: list[Received] = field(default_factory=list)
    jaeger: TinyJaeger = field(default_factory=TinyJaeger)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, body: Body, headers: Mapping[str, str]) -> tuple[int, Any, dict[str, str]]:
        time.sleep(self.delay_s)
        with self.lock:
            self.received.append(Received(body, headers))
            number = len(self.received)
            parent = headers.get("traceparent") if self.keeps_traceparent else None
            trace_id = parent.split("-")[1] if parent else f"{number:032x}"
            sampled = parent is not None or number % self.sample_every == 0
            cached = headers.get("cache-control") != "no-cache" and number > 1
            if sampled and self.exports and not cached:
                began_us = time.time_ns() // 1000 - BEGAN_US
                self.jaeger.traces.append(query(trace_id, body["user_id"], began_us))
        status, document = self.answer(number, body) if self.answer else (200, {"cached": cached})
        flags = "01" if sampled else "00"
        return status, document, {"traceresponse": f"00-{trace_id}-00000000000000aa-{flags}"}


@contextmanager
def tiny_lab(name: str) -> Iterator[TinyLab]:
    """Run one at free ports; the settings that lead to it are in ``settings``."""
    offset, gateway, jaeger = _bound()
    lab = TinyLab(Settings(name, offset))
    threads = []
    for server, handle in ((gateway, _gateway(lab)), (jaeger, _jaeger(lab))):
        server.RequestHandlerClass = handle
        threads.append(threading.Thread(target=server.serve_forever, args=(0.01,)))
        threads[-1].start()
    try:
        yield lab
    finally:
        for server in (gateway, jaeger):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _bound() -> tuple[int, ThreadingHTTPServer, ThreadingHTTPServer]:
    for offset in range(FIRST_OFFSET, LAST_OFFSET, 7):
        opened: list[ThreadingHTTPServer] = []
        try:
            for service in ("gateway", "jaeger"):
                address = ("127.0.0.1", PORTS[service] + offset)
                opened.append(_Server(address, BaseHTTPRequestHandler))
        except OSError:
            for server in opened:
                server.server_close()
            continue
        return offset, opened[0], opened[1]
    raise OSError("no two free ports")


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A test that breaks a connection means to."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet

    def reply(self, status: int, document: Any, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


def _gateway(lab: TinyLab) -> type[_Handler]:
    class Handler(_Handler):
        def do_GET(self) -> None:
            self.reply(200, {"status": "ok"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.reply(*lab.query(body, headers))

    return Handler


def _jaeger(lab: TinyLab) -> type[_Handler]:
    class Handler(_Handler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            with lab.lock:
                status, document = lab.jaeger.answer(asked.path, dict(parse_qsl(asked.query)))
            self.reply(status, document)

    return Handler
