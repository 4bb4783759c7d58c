"""Where coroutines wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager
from types import coroutine
from typing import Any

import pytest

from services.telemetry.awaiting import chain


async def waits(future: "asyncio.Future[None]") -> None:
    """The innermost."""
    await future


async def post(future: "asyncio.Future[None]") -> None:
    """Awaits a coroutine."""
    await waits(future)


@coroutine
def old(future: "asyncio.Future[None]") -> Iterator[Any]:
    """A coroutine made of a generator."""
    yield from waits(future).__await__()


async def awaits_old(future: "asyncio.Future[None]") -> None:
    """Awaits one."""
    await old(future)


async def items(future: "asyncio.Future[None]") -> AsyncIterator[int]:
    """An asynchronous generator that waits before its first item."""
    await waits(future)
    yield 1


async def iterates(future: "asyncio.Future[None]") -> None:
    """Waits for an item."""
    async for _ in items(future):
        pass


async def next_item(future: "asyncio.Future[None]") -> None:
    """Waits for an item, with a default."""
    await anext(items(future), 0)


@asynccontextmanager
async def opened(future: "asyncio.Future[None]") -> AsyncIterator[None]:
    """Waits on the way in."""
    await waits(future)
    yield


async def enters(future: "asyncio.Future[None]") -> None:
    """Waits in a context manager."""
    async with opened(future):
        pass


class Awaitable:
    """An object that hands on another's `__await__`."""

    def __init__(self, inner: Coroutine[Any, Any, None]) -> None:
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, None]:
        return self._inner.__await__()


async def wrapped(future: "asyncio.Future[None]") -> None:
    """Awaits such an object."""
    await Awaitable(waits(future))


@pytest.mark.parametrize(
    ("waiting", "functions"),
    [
        (post, ["post", "waits"]),
        (awaits_old, ["awaits_old", "old", "waits"]),
        (iterates, ["iterates", "items", "waits"]),
        (next_item, ["next_item", "items", "waits"]),
        (enters, ["enters", "_AsyncGeneratorContextManager.__aenter__", "opened", "waits"]),
        (wrapped, ["wrapped", "waits"]),
    ],
)
def test_the_chain_ends_where_the_task_waits(
    waiting: Callable[["asyncio.Future[None]"], Coroutine[Any, Any, None]], functions: list[str]
) -> None:
    """Through whatever lies between one coroutine and the next, the outermost first."""

    async def look() -> list[str]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(waiting(future))
        await asyncio.sleep(0)
        found = chain(task.get_coro())
        future.set_result(None)
        await task
        assert chain(task.get_coro()) == ()
        return [function for function, _, _ in found]

    assert asyncio.run(look()) == functions


def test_a_place_has_file_and_line() -> None:
    """The line that awaits."""

    async def look() -> tuple[str, str, int]:
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        (place,) = chain(task.get_coro())
        task.cancel()
        return place

    function, file, line = asyncio.run(look())
    assert (function, file) == ("sleep", asyncio.sleep.__code__.co_filename)
    assert line > asyncio.sleep.__code__.co_firstlineno


def test_a_coroutine_that_runs_does_not_wait() -> None:
    """One sees itself running, however deep."""
    found: list[object] = []

    async def inner(task: "asyncio.Task[None]") -> None:
        found.append(chain(task.get_coro()))

    async def outer() -> None:
        task: Any = asyncio.current_task()
        await inner(task)

    asyncio.run(outer())
    assert found == [()]
