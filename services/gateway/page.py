"""The ask page: its document, filled in once, and the files beside it in web/."""

from html import escape
from pathlib import Path
from string import Template
from typing import Any, get_args
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from services.common.fields import MAX_QUESTION_CHARS, MAX_TOP_K, Model
from services.gateway.models import QueryRequest
from services.gateway.settings import Settings
from services.telemetry.conventions import SAMPLE_RATIO, SCHEDULE_DELAY_MS

WEB = Path(__file__).with_name("web")


class Page:
    """What a browser gets at `/`. It may load from this origin and ask Jaeger for its trace."""

    def __init__(self, settings: Settings) -> None:
        template = Template((WEB / "ask.html").read_text(encoding="utf-8"))
        values = {name: escape(value) for name, value in _values(settings).items()}
        self._document = template.substitute(values, models=_options())
        self._headers = {
            "content-security-policy": _policy(origin(settings.trace_url)),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "cache-control": "no-cache",
        }

    async def get(self) -> HTMLResponse:
        """A page to ask a question and see its trace."""
        return HTMLResponse(self._document, headers=self._headers)


class PageFiles(StaticFiles):
    """What the document loads: asked for anew like itself, as scripts of two versions don't fit."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def datadog_home(datadog_url: str) -> str:
    """Where all traces are: the test agent lists them at /traces, Datadog itself starts at /."""
    folder, _, name = datadog_url.rpartition("/")
    return folder if name == "{datadog_id}" else f"{origin(datadog_url)}/"


def _values(settings: Settings) -> dict[str, str]:
    return {
        "trace_url": settings.trace_url,
        "datadog_url": settings.datadog_url,
        "jaeger": origin(settings.trace_url),
        "datadog": datadog_home(settings.datadog_url),
        "one_in": str(round(1 / SAMPLE_RATIO)),
        "export_every_s": str(round(SCHEDULE_DELAY_MS / 1000)),
        "max_question": str(MAX_QUESTION_CHARS),
        "max_top_k": str(MAX_TOP_K),
        "top_k": str(QueryRequest.model_fields["top_k"].default),
    }


def _options() -> str:
    return "".join(f"<option>{escape(model)}</option>" for model in get_args(Model))


def _policy(jaeger: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {jaeger}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
