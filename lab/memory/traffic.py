"""Requests that no cache answers and no earlier one equals, sent steadily."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from lab.errors import LabError
from lab.traffic.gateway import Gateway
from lab.traffic.load import Tally, closed_loop
from lab.traffic.outcome import Outcome
from lab.traffic.scenario import Request

MODEL = "gpt-4o-mini"
TOP_K = 5
MOST_FAILURES = 10


def requests(questions: Sequence[str], seed: int) -> Iterator[Request]:
    """Requests without end, the same ones for the same seed, no two from the same user.

    Once the questions are used up they come again with a number, which makes them others.
    """
    rng = random.Random(f"memory:{seed}")  # noqa: S311 - must be repeatable
    order = list(questions)
    rng.shuffle(order)
    number = 0
    while True:
        for question in order:
            number += 1
            asked = f"{question} (case {seed}-{number})"
            yield Request(asked, f"memory-{seed}-{number}", TOP_K, MODEL, no_cache=True)


class Sender:
    """Sends one stream of requests in parts; ``tally`` counts over all of them."""

    def __init__(self, gateway: Gateway, stream: Iterator[Request]) -> None:
        self._gateway = gateway
        self._stream = stream
        self.tally = Tally()
        self.failures: list[Outcome] = []

    async def send(
        self,
        count: int,
        *,
        concurrency: int,
        max_s: float,
        enough: Callable[[], bool] = lambda: False,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """Send ``count`` more, fewer once ``enough`` or after ``max_s``; all are answered then.

        Raises LabError where too many fail.
        """
        ends_s = time.monotonic() + max_s

        def is_over() -> bool:
            late = time.monotonic() > ends_s
            return late or enough() or len(self.failures) >= MOST_FAILURES

        async def one(request: Request) -> None:
            outcome = await self._gateway.send(request)
            if not outcome.ok:
                self.failures.append(outcome)
            told()

        part = islice(self._stream, count)
        await closed_loop(part, one, self.tally, concurrency=concurrency, enough=is_over)
        if len(self.failures) >= MOST_FAILURES:
            raise LabError(
                f"{len(self.failures)} of {self.tally.started} requests failed (the last: "
                f"{self.failures[-1].error}); look at `invoke status` and `invoke logs`"
            )
