"""Calls to the other services: bounded retries, a deadline, errors that become 502 and 504."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from opentelemetry.propagate import inject
from pydantic import BaseModel, ValidationError
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from services.common.problems import ProblemError
from services.common.readiness import NotReadyError

Answer = TypeVar("Answer", bound=BaseModel)

ATTEMPTS = 3
BACKOFF_S = 0.1
MAX_BACKOFF_S = 1.0
# Less than the 5 s after which uvicorn closes an idle connection.
IDLE_CONNECTION_S = 4.0


class UnavailableError(ProblemError):
    """It couldn't be reached or said that it can't serve now: worth another try."""


@dataclass(frozen=True)
class Deadline:
    """The moment by which a query must be answered."""

    at_s: float
    clock: Callable[[], float]

    @staticmethod
    def after(seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        return Deadline(clock() + seconds, clock)

    def remaining_s(self) -> float:
        return self.at_s - self.clock()


@dataclass(frozen=True)
class Upstream:
    """One of the other services."""

    name: str
    url: str
    client: httpx.AsyncClient

    async def post(
        self, path: str, body: dict[str, Any], answer: type[Answer], timeout_s: float, by: Deadline
    ) -> Answer:
        """What the service answers. Raises ProblemError: 502 if it failed, 504 if it was too slow.

        What fails at once is tried again up to ``ATTEMPTS`` times, after a random, growing pause.
        What is slow is not: the work may still be going on there.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(UnavailableError),
            wait=wait_random_exponential(BACKOFF_S, MAX_BACKOFF_S),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        return await retrying(self._try, path, body, answer, timeout_s, by)

    async def _try(
        self, path: str, body: dict[str, Any], answer: type[Answer], timeout_s: float, by: Deadline
    ) -> Answer:
        timeout_s = min(timeout_s, by.remaining_s())
        if timeout_s <= 0:
            raise self._too_slow()
        try:
            headers: dict[str, str] = {}
            # Of a sampled trace the instrumentation puts its own, the client span's, in its place.
            inject(headers)
            response = await self.client.post(
                self.url + path, json=body, headers=headers, timeout=timeout_s
            )
        except (httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as late:
            raise self._too_slow() from late
        except httpx.RequestError as failed:
            raise UnavailableError(
                HTTPStatus.BAD_GATEWAY,
                f"the {self.name} can't be reached ({type(failed).__name__})",
            ) from failed
        self._check(response.status_code)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            problem = f"the {self.name} answered something that can't be read"
            # the cause quotes the answer
            raise ProblemError(HTTPStatus.BAD_GATEWAY, problem) from None

    def _check(self, status: int) -> None:
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise UnavailableError(HTTPStatus.BAD_GATEWAY, f"the {self.name} is not available")
        if status == HTTPStatus.GATEWAY_TIMEOUT:
            raise self._too_slow()
        if status != HTTPStatus.OK:
            raise ProblemError(
                HTTPStatus.BAD_GATEWAY, f"the {self.name} failed with status {status}"
            )

    def _too_slow(self) -> ProblemError:
        return ProblemError(HTTPStatus.GATEWAY_TIMEOUT, f"the {self.name} took too long")

    async def ready(self) -> dict[str, Any]:
        """What its /readyz says. Raises NotReadyError or an httpx error."""
        response = await self.client.get(f"{self.url}/readyz", timeout=3)
        said = response.json()
        if response.status_code != HTTPStatus.OK:
            raise NotReadyError({"dependencies": said.get("dependencies", {})})
        return {"dependencies": said.get("dependencies", {})}


def client() -> httpx.AsyncClient:
    """The connections to the other services, pooled."""
    return httpx.AsyncClient(
        limits=httpx.Limits(
            max_connections=200, max_keepalive_connections=50, keepalive_expiry=IDLE_CONNECTION_S
        ),
        trust_env=False,
    )
