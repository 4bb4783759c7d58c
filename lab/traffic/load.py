"""Two ways to put load on a service: so many at a time, or so many a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass
class Tally:
    """Counts as load runs; right whenever it is stopped."""

    started: int = 0
    finished: int = 0

    @property
    def in_flight(self) -> int:
        return self.started - self.finished


async def closed_loop(
    items: Iterable[Item],
    send: Callable[[Item], Awaitable[None]],
    tally: Tally,
    *,
    concurrency: int,
    enough: Callable[[], bool],
) -> None:
    """Each of ``concurrency`` senders sends its next item as soon as its last is done.

    Ends when the items are used up, or once ``enough`` is true and what is in flight is done. A
    slow service is asked less often: this measures how it answers with that many users waiting.
    """
    waiting = iter(items)

    async def sender() -> None:
        while not enough():
            for item in waiting:
                tally.started += 1
                await send(item)
                tally.finished += 1
                break
            else:
                return

    async with _tasks() as group:
        for _ in range(concurrency):
            group.create_task(sender())


async def open_loop(
    timed: Iterable[tuple[float, Item]],
    send: Callable[[Item, float], Awaitable[None]],
    tally: Tally,
    *,
    max_in_flight: int,
) -> None:
    """Send each item at its time, seconds from now, whether or not earlier ones are answered.

    ``send`` is told by how many ms an item starts late, so that a service that stalls can't hide
    that by stalling its sender too (Gil Tene's "coordinated omission"). An item that finds
    ``max_in_flight`` in flight is never sent.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    async def sender(item: Item, at_s: float) -> None:
        await send(item, max(0.0, loop.time() - began_s - at_s) * 1000)
        tally.finished += 1

    async with _tasks() as group:
        for at_s, item in timed:
            await asyncio.sleep(max(0.0, began_s + at_s - loop.time()))
            if tally.in_flight < max_in_flight:
                tally.started += 1
                group.create_task(sender(item, at_s))


@asynccontextmanager
async def _tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first error of a task itself, not a group of one."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
