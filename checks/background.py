"""Work done side by side in daemon threads, so that one that hangs can be left behind."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TypeVar

from lab.errors import LabError

K = TypeVar("K")
T = TypeVar("T")


def start(work: Callable[[], T]) -> Future[T]:
    """Start the work now. The future holds its result or the exception it ended with."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def attempt(work: Callable[[], T]) -> T | LabError:
    """The work's result, or the LabError that tells why there is none."""
    try:
        return work()
    except LabError as error:
        return error


def each(keys: Iterable[K], work: Callable[[K], T]) -> dict[K, T | LabError]:
    """Do the work for every key side by side; where it can't be done, the LabError says why."""

    def one(key: K) -> T | LabError:
        return attempt(partial(work, key))

    started = {key: start(partial(one, key)) for key in keys}
    return {key: future.result() for key, future in started.items()}
