"""C functions: which they are, and their names."""

import functools
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import wrapt

from services.telemetry.callees import full_name, is_in_c, short_name


@dataclass
class Made:
    """A class with a constructor in Python."""

    value: int


class Callable_:  # noqa: N801 - a class whose objects can be called
    """Called in Python."""

    def __call__(self) -> None: ...


@functools.lru_cache
def cached() -> int:
    """Its wrapper is in C."""
    return 1


def plain() -> None:
    """A function in Python."""


@pytest.mark.parametrize(
    ("callee", "name"),
    [
        (time.sleep, "time.sleep"),
        (max, "max"),
        (str.join, "str.join"),
        (", ".join, "str.join"),
        (re.compile("a").findall, "re.Pattern.findall"),
        (threading.Lock().acquire, "_thread.lock.acquire"),
        (type(threading.Lock()).acquire, "_thread.lock.acquire"),
        (dict.fromkeys, "dict.fromkeys"),
        (list, "list"),
        (enumerate, "enumerate"),
        ([].__len__, "list.__len__"),
        (cached, "functools._lru_cache_wrapper(cached)"),
        (functools.partial(plain), "functools.partial"),
    ],
)
def test_functions_in_c_are_named(callee: Callable[..., Any], name: str) -> None:
    """With their module or type, `builtins` left away."""
    assert is_in_c(callee)
    assert full_name(callee) == name
    assert short_name(callee) in name


@pytest.mark.parametrize(
    "callee",
    [plain, Made, Made(1).__eq__, Callable_(), wrapt.FunctionWrapper(plain, lambda *_: None)],
)
def test_functions_in_python_are_not_in_c(callee: Callable[..., Any]) -> None:
    """Nor are classes with a constructor of their own, nor an instrumentation's wrapper."""
    assert not is_in_c(callee)
