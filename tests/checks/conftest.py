"""A Jaeger of one's own: answers GET with the JSON documents it is given, by path."""

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
def jaeger_lab(documents: Documents) -> Iterator[Settings]:
    """The settings of a lab whose Jaeger answers with ``documents``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = documents.get(self.path.partition("?")[0])
            body = json.dumps({"data": found, "errors": None}).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Settings("checked", server.server_port - PORTS["jaeger"])
    server.shutdown()
    server.server_close()
