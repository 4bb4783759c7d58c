"""Counting the requests of the one trace that is armed, and telling the result to who armed it."""

import asyncio
import hmac
import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from opentelemetry import trace
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.problems import ProblemError
from services.telemetry import armed
from services.telemetry.armed import Armed
from services.telemetry.awaiting import Place, Sampler
from services.telemetry.counting import OWN, Counter, CountingError
from services.telemetry.owners import Owners
from services.telemetry.tally import merged, rows

PATH = "/counted/{trace_id}"
LONGEST_S = 20.0
KEPT_S = 60.0
ASKED_EVERY_S = 0.02

log = logging.getLogger(__name__)


@dataclass
class Session:
    """One armed trace in this process; it may make several requests here, even at once."""

    armed: Armed
    owners: Owners
    counter: Counter
    until_s: float
    waited_s: dict[tuple[str, tuple[Place, ...]], float] = field(default_factory=dict)
    sampler: Sampler | None = None
    requests: int = 0
    open: int = 0
    not_counted: str | None = None

    @staticmethod
    def of(what: Armed, own: str) -> "Session":
        owners = Owners(what.trace_id)
        return Session(what, owners, Counter(owners, own), time.perf_counter() + LONGEST_S)

    def begin(self) -> None:
        """A request begins; with the first, counting does. Never fails."""
        self.requests += 1
        self.open += 1
        if self.open > 1 or self.not_counted:
            return
        try:
            self._start()
        except CountingError as failed:
            self.not_counted = str(failed)
        except Exception as failed:  # noqa: BLE001 - whatever it is, the request must go on
            self.not_counted = f"counting can't start: {type(failed).__name__}"
            self.stop()

    def end(self) -> None:
        """A request ends; with the last, counting does."""
        self.open -= 1
        if self.open <= 0:
            self.stop()

    def _start(self) -> None:
        if time.perf_counter() >= self.until_s:
            self.late()
            return
        self.sampler = Sampler(
            asyncio.get_running_loop(),
            self.owners,
            self.waited_s,
            self.until_s,
            on_start=self.counter.leave_out,
            on_late=self.late,
        )
        self.sampler.start()
        self.counter.start()

    def late(self) -> None:
        """Counting has lasted long enough; the request goes on without."""
        self.counter.incomplete = f"counting stopped after {LONGEST_S:g} s"
        self.counter.stop()

    def stop(self) -> None:
        """Counting ends in any case."""
        self.counter.stop()
        if self.sampler:
            self.sampler.stop()
            self.counter.incomplete = self.counter.incomplete or self.sampler.problem

    def told(self) -> dict[str, Any]:
        """The result as JSON. ``functions`` as `tally.rows` makes them, milliseconds of waiting."""
        counter = self.counter
        waited = sorted(self.waited_s.items(), key=lambda one: -one[1])
        tally = merged(counter.tallies)
        return {
            "trace_id": self.armed.trace_id,
            "requests": self.requests,
            "not_counted": self.not_counted,
            "incomplete": counter.incomplete,
            "events": tally.events,
            "functions": rows(tally, counter.functions),
            "awaited": [
                {"span": span, "stack": stack, "waited_ms": round(seconds * 1000, 3)}
                for (span, stack), seconds in waited
            ],
        }


class Counting:
    """Of this process: at most one session, until it is told or ``KEPT_S`` after its requests."""

    def __init__(self, folder: Path, own: str = OWN) -> None:
        self._file = folder / armed.FILE
        self._own = own
        self._session: Session | None = None

    def session(self) -> Session | None:
        """The session that the current request belongs to. None for nearly every request."""
        context = trace.get_current_span().get_span_context()
        if not context.trace_flags.sampled:
            return None
        what = armed.read(self._file)
        if what is None or what.trace_id != trace.format_trace_id(context.trace_id):
            return None
        present = self._session
        if present and present.armed.token == what.token:
            return present
        if present and present.open:
            log.warning("not counted: another trace is being counted")
            return None
        self._session = Session.of(what, self._own)
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
        while session.open and time.perf_counter() < session.until_s:
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
        try:
            session.begin()
            await self._app(scope, receive, send)
        finally:
            session.end()
            self._counting.forget_later(session)
