"""Closed and open loops."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lab.errors import LabError
from lab.traffic.load import Tally, closed_loop, open_loop


def never() -> bool:
    """A loop that is to send all it has."""
    return False


class Server:
    """Takes ``length_s`` for each item, and notes how many it has at once."""

    def __init__(self, length_s: float = 0.0) -> None:
        self.length_s = length_s
        self.got: list[int] = []
        self.late_ms: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    async def take(self, item: int, late_ms: float = 0.0) -> None:
        self.got.append(item)
        self.late_ms.append(late_ms)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.length_s)
        self.at_once -= 1


def run(loop: Callable[[], Awaitable[None]]) -> None:
    """Run one loop to its end."""

    async def whole() -> None:
        await loop()

    asyncio.run(whole())


def test_a_closed_loop_keeps_so_many_in_flight() -> None:
    """Never more than its concurrency, and each item once."""
    server, tally = Server(0.002), Tally()
    run(lambda: closed_loop(range(30), server.take, tally, concurrency=4, enough=never))
    assert sorted(server.got) == list(range(30))
    assert server.most_at_once == 4
    assert (tally.started, tally.finished, tally.in_flight) == (30, 30, 0)


def test_a_closed_loop_ends_when_it_has_enough() -> None:
    """What is in flight then is still finished."""
    server, tally = Server(0.001), Tally()

    def enough() -> bool:
        return tally.finished >= 10

    run(lambda: closed_loop(range(1_000), server.take, tally, concurrency=4, enough=enough))
    assert 10 <= tally.finished <= 13
    assert tally.in_flight == 0


def test_an_error_in_sending_ends_the_loop_as_itself() -> None:
    """Not wrapped, so that whoever called can tell what it is."""

    async def fail(_: int, __: float = 0.0) -> None:
        raise LabError("no room in the ledger")

    with pytest.raises(LabError, match="no room"):
        run(lambda: closed_loop(range(9), fail, Tally(), concurrency=3, enough=never))
    with pytest.raises(LabError, match="no room"):
        run(lambda: open_loop([(0.0, 1), (0.01, 2)], fail, Tally(), max_in_flight=3))


def test_an_open_loop_sends_on_time_whether_or_not_it_is_answered() -> None:
    """A server that takes longer than the gap gets several at once."""
    server, tally = Server(0.05), Tally()
    timed = [(0.005 * number, number) for number in range(10)]
    run(lambda: open_loop(timed, server.take, tally, max_in_flight=100))
    assert server.got == list(range(10))
    assert server.most_at_once >= 5
    assert tally.finished == 10


def test_an_open_loop_tells_how_late_it_was() -> None:
    """A stall of everything, sender included, counts as latency of those that had to wait."""

    class Stalling(Server):
        async def take(self, item: int, late_ms: float = 0.0) -> None:
            await super().take(item, late_ms)
            if item == 0:
                blocked_until = asyncio.get_running_loop().time() + 0.1
                while asyncio.get_running_loop().time() < blocked_until:
                    pass

    server = Stalling()
    run(lambda: open_loop([(0.0, 0), (0.02, 1)], server.take, Tally(), max_in_flight=9))
    assert server.late_ms[0] < 50
    assert server.late_ms[1] >= 70


def test_an_open_loop_sends_no_more_than_it_may_have_in_flight() -> None:
    """The others are not sent, and not counted as started."""
    server, tally = Server(0.2), Tally()
    run(lambda: open_loop([(0.0, n) for n in range(10)], server.take, tally, max_in_flight=3))
    assert server.got == [0, 1, 2]
    assert (tally.started, tally.finished) == (3, 3)


def test_a_loop_that_is_cancelled_leaves_a_right_tally() -> None:
    """What was sent and not answered is in flight."""
    server, tally = Server(10), Tally()

    async def interrupted() -> None:
        async with asyncio.timeout(0.05):
            await closed_loop(range(9), server.take, tally, concurrency=3, enough=never)

    with pytest.raises(TimeoutError):
        asyncio.run(interrupted())
    assert (tally.started, tally.finished, tally.in_flight) == (3, 0, 3)
