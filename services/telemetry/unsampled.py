"""Requests whose trace is dropped are spared the work of making spans.

Both tracers make every span in full before they drop it. A dropped trace needs none of its own:
only its id and the decision must go on to the next service, which `services.gateway.upstream` does.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from starlette.types import ASGIApp, Receive, Scope, Send
from wrapt import FunctionWrapper

# The classes whose methods ddtrace patches and the services use, by their modules.
PATCHED_BY_DDTRACE = {
    "httpx": ("AsyncClient", "Client"),
    "httpx2": ("AsyncClient", "Client"),
    "redis.asyncio.client": ("Pipeline", "Redis"),
    "redis.client": ("Pipeline", "Redis"),
    "openai._base_client": ("SyncAPIClient",),
    "openai.resources.chat.completions": ("Completions",),
}


def is_sampled() -> bool:
    """Whether the current trace is kept."""
    return trace.get_current_span().get_span_context().trace_flags.sampled


class QuietMiddleware:
    """Keeps the instrumented libraries quiet in requests that are not sampled. ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_sampled():
            await self._app(scope, receive, send)
            return
        with suppress_instrumentation():
            await self._app(scope, receive, send)


def patched_classes() -> list[type]:
    """Those of PATCHED_BY_DDTRACE that this process has loaded."""
    loaded = [(sys.modules.get(name), names) for name, names in PATCHED_BY_DDTRACE.items()]
    return [getattr(module, name) for module, names in loaded if module for name in names]


def bypass_ddtrace(classes: Iterable[type], enabled: Callable[[], bool] = is_sampled) -> int:
    """Let ddtrace's wrappers around these classes' methods ask ``enabled`` before they act.

    Returns how many there are. To be done before other wrappers are put around them. A wrapper of
    wrapt can be switched off by what it is made with, so each is made anew.
    """
    switched = 0
    for patched in classes:
        for name, method in list(vars(patched).items()):
            if isinstance(method, FunctionWrapper) and _is_of_ddtrace(method):
                anew = FunctionWrapper(method.__wrapped__, method._self_wrapper, enabled)
                setattr(patched, name, anew)
                switched += 1
    return switched


def _is_of_ddtrace(method: FunctionWrapper[Any, Any]) -> bool:
    return str(method._self_wrapper.__module__).startswith("ddtrace.")
