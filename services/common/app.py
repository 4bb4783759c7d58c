"""What the applications of all services have in common."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common import flags, problems

LOOPBACK = "127.0.0.1"


class BodyLimit:
    """Refuses a body of more than ``max_bytes`` with 413 while it comes in, however it is sent.

    Starlette's own limit answers in plain text.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received_bytes = 0

        async def limited() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._max_bytes:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"the body is larger than {self._max_bytes} bytes",
                )
            return message

        await self._app(scope, limited, send)


def application(
    name: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    max_body_bytes: int,
) -> FastAPI:
    """An application with a limit on bodies, problem documents for errors, and `GET /healthz`.

    `GET /flags` tells which flags are on, but only to a caller in the same container.
    """
    app = FastAPI(
        title=f"TraceLab {name}",
        lifespan=lifespan,
        # FastAPI's own spans would come beside those of its instrumentation.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)

    @app.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, bool]:
        """The process answers."""
        return {"ok": True}

    @app.get("/flags", include_in_schema=False)
    async def flags_on(request: Request) -> dict[str, tuple[str, ...]]:
        if request.client is None or request.client.host != LOOPBACK:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return {"on": flags.on()}

    return app
