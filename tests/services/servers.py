"""Applications on loopback ports, and a caller that nothing traces."""

import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Response:
    """What a server answered."""

    status: int
    headers: HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """An address on the loopback, spoken to over http.client."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Response:
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Response:
        """Send ``body`` as JSON; an underscore in a header's name is a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = json.dumps(body).encode()
        return self._send("POST", path, sent, {"content-type": "application/json", **named})

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            answered = connection.getresponse()
            return Response(answered.status, answered.headers, answered.read())
        finally:
            connection.close()


class Running:
    """An application in a uvicorn of its own, in a thread."""

    def __init__(self, app: ASGIApp) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, reset_contextvars=True)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server ended while it started"
            time.sleep(0.005)
        self.server = Server(self._socket.getsockname()[1])

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
