"""Errors as problem details (RFC 9457, application/problem+json).

Nothing a caller sent is repeated in them: neither values nor the names of unknown fields.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, format_trace_id
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
NOT_JSON = "json_invalid"
UNKNOWN_FIELD = "extra_forbidden"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "What was sent can't be used", "content": {MEDIA_TYPE: {}}},
    "5XX": {"description": "It failed here or upstream", "content": {MEDIA_TYPE: {}}},
}


log = logging.getLogger(__name__)


class ProblemError(Exception):
    """An error that is answered as it is. ``detail`` must hold nothing a caller sent."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def response(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> JSONResponse:
    """A problem document; ``members`` are added to the standard ones."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        body["trace_id"] = format_trace_id(context.trace_id)
    return JSONResponse(body | members, status, dict(headers or {}), media_type=MEDIA_TYPE)


def mark_failed(span: Span, error: BaseException) -> None:
    """Record on a span that its work failed, and with what."""
    span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, type(error).__name__))


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem document."""
    app.exception_handler(ProblemError)(_on_problem)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http)
    app.exception_handler(Exception)(_on_unexpected)


async def _on_problem(_: Request, problem: ProblemError) -> JSONResponse:
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        mark_failed(trace.get_current_span(), problem)
        log.warning("answered %d: %s", problem.status, problem.detail)
    return response(problem.status, problem.detail)


async def _on_invalid(_: Request, invalid: RequestValidationError) -> JSONResponse:
    errors = invalid.errors()
    if any(error["type"] == NOT_JSON for error in errors):
        return response(HTTPStatus.BAD_REQUEST, "the body is not JSON")
    found = list(_field_errors(errors))
    detail = "; ".join(f"{error['field']}: {error['problem']}" for error in found)
    return response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


def _field_errors(errors: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, str]]:
    unknown = 0
    for error in errors:
        if error["type"] == UNKNOWN_FIELD:
            unknown += 1
            continue
        path = [str(part) for part in error["loc"][1:]]
        # pydantic's messages for the types of our models say what is allowed, not what was sent
        yield {"field": ".".join(path) or "body", "problem": str(error["msg"])}
    if unknown:
        yield {"field": "body", "problem": f"has {unknown} unknown field(s)"}


async def _on_http(_: Request, raised: HTTPException) -> JSONResponse:
    return response(raised.status_code, str(raised.detail), raised.headers)


async def _on_unexpected(_: Request, __: Exception) -> JSONResponse:
    return response(HTTPStatus.INTERNAL_SERVER_ERROR, "an unexpected error; see the service's log")
