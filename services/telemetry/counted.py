"""Which requests are counted, and who is told: those of the trace that is armed, who armed it."""

import asyncio
import hmac
import logging
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Header
from fastapi.responses import JSONResponse
from opentelemetry import trace
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.problems import ProblemError
from services.telemetry import armed
from services.telemetry.session import Session
from services.telemetry.unsampled import is_sampled

PATH = "/counted/{trace_id}"
KEPT_S = 60.0
ASKED_EVERY_S = 0.02

log = logging.getLogger(__name__)


class Counting:
    """Of this process: at most one session, until it is told or ``KEPT_S`` after its requests."""

    def __init__(self, control_dir: Path) -> None:
        self._file = control_dir / armed.FILE
        self._session: Session | None = None

    def session(self) -> Session | None:
        """The session that the current request belongs to. None for nearly every request.

        One that is not armed costs a look for the file, one that is not sampled not even that.
        """
        what = armed.read(self._file) if is_sampled() else None
        trace_id = trace.get_current_span().get_span_context().trace_id
        if what is None or what.trace_id != trace.format_trace_id(trace_id):
            return None
        present = self._session
        if present and present.armed.token == what.token:
            return present
        if present and present.open:
            log.warning("this trace is not counted: another one is")
            return None
        self._session = Session(what)
        return self._session

    def forget_later(self, session: Session) -> None:
        """Drop a result that nobody asks for."""

        def forget() -> None:
            if self._session is session and not session.open:
                self._session = None

        asyncio.get_running_loop().call_later(KEPT_S, forget)

    async def tell(
        self, trace_id: str, x_tracelab_token: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        """What was counted for a trace, once its requests have ended; then it is forgotten."""
        session = self._session
        if (
            session is None
            or session.armed.trace_id != trace_id
            or not hmac.compare_digest(session.armed.token.encode(), x_tracelab_token.encode())
        ):
            raise ProblemError(HTTPStatus.NOT_FOUND, "nothing was counted for this trace")
        while session.is_running:
            await asyncio.sleep(ASKED_EVERY_S)
        session.stop()
        self._session = None
        return JSONResponse(session.told())


class CountingMiddleware:
    """ASGI; needs OpenTelemetry's server span around it."""

    def __init__(self, app: ASGIApp, counting: Counting) -> None:
        self._app = app
        self._counting = counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._counting.session() if scope["type"] == "http" else None
        if session is None:
            await self._app(scope, receive, send)
            return
        session.begin()
        try:
            await self._app(scope, receive, send)
        finally:
            session.end()
            self._counting.forget_later(session)
