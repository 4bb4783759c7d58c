"""Which callables are written in C, and what they are called."""

from functools import lru_cache
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from wrapt import BaseObjectProxy

PLAIN = frozenset(
    {
        BuiltinFunctionType,
        ClassMethodDescriptorType,
        MethodDescriptorType,
        MethodWrapperType,
        WrapperDescriptorType,
    }
)
PYTHON = frozenset({FunctionType, MethodType})


def is_in_c(callee: Any) -> bool:
    """Whether calling it runs C code first.

    The wrappers that instrumentations put around Python functions are in C, but do nothing.
    """
    kind: Any = type(callee)
    if kind in PLAIN:
        return True
    if kind in PYTHON:
        return False
    return _makes_in_c(callee) if kind is type else _calls_in_c(kind)


@lru_cache(maxsize=4096)
def _makes_in_c(made: Any) -> bool:
    return type(made.__init__) is not FunctionType and type(made.__new__) is not FunctionType


@lru_cache(maxsize=4096)
def _calls_in_c(kind: type) -> bool:
    if issubclass(kind, (type, BaseObjectProxy)):
        return False
    return type(getattr(kind, "__call__", None)) in PLAIN  # noqa: B004 - its kind, not whether


def short_name(callee: Any) -> str:
    """Tells the callees at one place of the code apart."""
    name = getattr(callee, "__name__", None)
    return name if type(name) is str else type(callee).__name__


def full_name(callee: Any) -> str:
    """With the module or the type it belongs to, e.g. `time.sleep`, `_thread.lock.acquire`."""
    name = getattr(callee, "__qualname__", None)
    if type(name) is not str:
        return full_name(type(callee))
    if type(getattr(callee, "__wrapped__", None)) is FunctionType:
        return f"{full_name(type(callee))}({name})"
    module = getattr(callee, "__module__", None)
    if type(module) is not str:
        module = getattr(_owner(callee), "__module__", None)
    return name if module in (None, "builtins") else f"{module}.{name}"


def _owner(callee: Any) -> Any:
    owner = getattr(callee, "__objclass__", None)
    if owner is None:
        owner = getattr(callee, "__self__", None)
    return owner if isinstance(owner, type) else type(owner)
