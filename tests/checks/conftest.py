"""A server of one's own that answers GET with the JSON documents it is given, by path."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from lab.settings import PORTS, Settings

Documents = dict[str, Any]


@pytest.fixture
def documents() -> Documents:
    """What is answered, by path; any other path is answered with 404 as Jaeger does."""
    return {}


@pytest.fixture
def server_port(documents: Documents) -> Iterator[int]:
    """The port of a server on the loopback that answers with ``documents``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = documents.get(self.path.partition("?")[0])
            body = json.dumps({"data": None, "errors": []} if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def jaeger_lab(server_port: int) -> Settings:
    """The settings of a lab whose Jaeger is that server."""
    return Settings("checked", server_port - PORTS["jaeger"])


@pytest.fixture
def datadog_lab(server_port: int) -> Settings:
    """The settings of a lab whose Datadog agent is that server."""
    return Settings("checked", server_port - PORTS["datadog"])
