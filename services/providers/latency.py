"""How long the real services take, as a model: the same request always takes the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ChatLatency:
    """Milliseconds: a base, the reading of the prompt, the writing of the answer, by token."""

    base_ms: float
    prompt_token_ms: float
    completion_token_ms: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        return (
            self.base_ms
            + prompt_tokens * self.prompt_token_ms
            + completion_tokens * self.completion_token_ms
        )


@dataclass(frozen=True)
class ItemLatency:
    """Milliseconds: a base, and a share for each vector sent or found."""

    base_ms: float
    item_ms: float

    def of(self, items: int) -> float:
        return self.base_ms + items * self.item_ms


QUERY = ItemLatency(75, 1.5)
UPSERT = ItemLatency(20, 0.05)
STATS = ItemLatency(5, 0)


class Pace:
    """Makes an answer take as long as the model says, the real work included."""

    def __init__(
        self,
        scale: float,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._scale = scale
        self._clock = clock
        self._sleep = sleep

    def start(self) -> float:
        """The moment a request came, to be given to ``finish``."""
        return self._clock()

    async def finish(self, started_s: float, latency_ms: float) -> None:
        """Wait for what is left of ``latency_ms`` since ``started_s``."""
        left_s = latency_ms * self._scale / 1000 - (self._clock() - started_s)
        if left_s > 0:
            await self._sleep(left_s)
