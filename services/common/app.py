"""What the applications of all services have in common."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from services.common import problems


def application(
    name: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    max_body_bytes: int,
) -> FastAPI:
    """An application with a limit on bodies, problem documents for errors, and `GET /healthz`."""
    app = FastAPI(
        title=f"TraceLab {name}",
        lifespan=lifespan,
        max_body_size=max_body_bytes,
        # FastAPI's own spans would come beside those of its instrumentation.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)

    @app.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, bool]:
        """The process answers."""
        return {"ok": True}

    return app
