"""GET requests for JSON from a part of the lab, with errors that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

from lab.errors import LabError, UnavailableError

CONNECT_TIMEOUT_S = 3.0
SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class Answer:
    """An HTTP status below 500 and the JSON document that came with it."""

    status: int
    document: Any


class JsonApi:
    """An HTTP API of the lab on this machine; proxies of the environment are passed by.

    ``program`` is what should answer there, as messages name it.
    """

    def __init__(
        self,
        program: str,
        url: str,
        read_timeout_s: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.program = program
        self.url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
            transport=transport,
        )

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """The answer to one GET.

        Raises UnavailableError where nothing answers, in time, or with HTTP 5xx, and LabError
        where the answer isn't JSON, so that some other program must be listening there.
        """
        try:
            response = self._client.get(path, params=dict(params or {}))
        except httpx.TimeoutException as late:
            raise UnavailableError(
                f"{self.program} at {self.url} took too long to answer GET {path} "
                f"({type(late).__name__}); look at `invoke status` and `invoke logs`"
            ) from late
        except httpx.HTTPError as failed:
            raise UnavailableError(
                f"{self.program} doesn't answer at {self.url} "
                f"({failed or type(failed).__name__}); start the lab with `invoke up`"
            ) from failed
        return self._read(path, response)

    def unexpected(self, path: str, answer: Answer) -> LabError:
        """The error for an answer that this program doesn't give."""
        told = _shortened(str(answer.document))
        return LabError(
            f"what answers at {self.url}{path} is not {self.program}, or another version of it: "
            f"HTTP {answer.status}, {told}; see `invoke status` for what runs there"
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, path: str, response: httpx.Response) -> Answer:
        if response.status_code >= 500:
            raise UnavailableError(
                f"{self.program} at {self.url} answers GET {path} with HTTP "
                f"{response.status_code}: {_shortened(response.text) or 'nothing more'}; "
                "it may still be starting: look at `invoke status` and `invoke logs`"
            )
        try:
            return Answer(response.status_code, response.json())
        except ValueError:
            raise self.unexpected(path, Answer(response.status_code, response.text)) from None


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else flat[:SHOWN_CHARACTERS] + "…"
