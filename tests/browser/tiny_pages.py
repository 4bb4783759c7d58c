"""The trace pages and a few traces behind them, served from this process as Jaeger serves them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from lab.settings import ROOT
from lab.traces.spans import Trace
from tests.lab.tiny_jaeger import TinyJaeger

UI = ROOT / "compose" / "images" / "jaeger" / "ui"


@dataclass
class TinyPages:
    """What is served.

    ``status`` other than 200: Jaeger is ill. Of the next ``broken_off`` answers only a part comes.
    """

    jaeger: TinyJaeger
    status: int = 200
    broken_off: int = 0
    url: str = ""


class Server(ThreadingHTTPServer):
    """With room for a page's dozens of files at once: a connection too many waits for seconds."""

    request_queue_size = 128


@contextmanager
def serving(*traces: Trace) -> Iterator[TinyPages]:
    """Serve the pages over these traces while the block runs."""
    pages = TinyPages(TinyJaeger(*traces))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.startswith("/api/"):
                query = {key: values[0] for key, values in parse_qs(address.query).items()}
                status, document = pages.jaeger.answer(address.path, query)
                status = status if pages.status == 200 else pages.status
                self._answer(status, json.dumps(document).encode())
            elif address.path.startswith("/static/"):
                file = UI / address.path.lstrip("/")
                self._send(200, guess_type(file.name)[0] or "", file.read_bytes())
            else:
                self._send(200, "text/html; charset=utf-8", (UI / "index.html").read_bytes())

        def _answer(self, status: int, content: bytes) -> None:
            is_whole = pages.broken_off == 0
            pages.broken_off -= not is_whole
            self._send(status, "application/json", content, None if is_whole else len(content) // 2)

        def _send(
            self, status: int, content_type: str, content: bytes, sent: int | None = None
        ) -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        pages.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield pages
        finally:
            server.shutdown()
            thread.join()
