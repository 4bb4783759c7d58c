"""Whether a function was given the same arguments before: keys that are equal for equal arguments.

A key is a hash, so that nothing of what a caller sent is kept. Text, numbers and containers of them
count by their content, since a list may change from call to call; other objects by their identity,
for which they are kept alive, so that no later one takes their place. There is a budget, as hashing
a long list takes longer than many a function that is given one.
"""

from types import CodeType, FrameType
from typing import Any

HASHED = frozenset({str, int, float, bool, bytes, type(None)})
LONG = frozenset({str, bytes})
ORDERED = frozenset({list, tuple})
UNORDERED = frozenset({set, frozenset, dict})
MOST_ELEMENTS = 1000
DEEPEST = 4
# Of one function, in all: 0.2 microseconds for each value, and so many characters take as long.
MOST_VALUES = 1_000_000
CHARS_PER_VALUE = 256
VARIADIC = (0x04, 0x08)  # inspect.CO_VARARGS, inspect.CO_VARKEYWORDS


def names(code: CodeType) -> tuple[str, ...]:
    """The names of a function's arguments, `*args` and `**kwargs` too."""
    count = code.co_argcount + code.co_kwonlyargcount
    return code.co_varnames[: count + sum(bool(code.co_flags & flag) for flag in VARIADIC)]


class Keys:
    """Makes the keys of one function's arguments. Runs no code of the objects it is given.

    They mean nothing any more once it ``is_spent``: it has looked at MOST_VALUES by then.
    """

    def __init__(self) -> None:
        self._kept: dict[int, object] = {}
        self._left = MOST_VALUES

    @property
    def is_spent(self) -> bool:
        return self._left <= 0

    def of_call(self, frame: FrameType, arguments: tuple[str, ...]) -> int:
        """The key of the arguments that a function was called with; its frame has just begun."""
        values = frame.f_locals
        return self.of(tuple(values[name] for name in arguments if name in values))

    def of(self, value: object) -> int:
        return self._of(value, [MOST_ELEMENTS], 0)

    def _of(self, value: Any, left: list[int], depth: int) -> int:
        kind = type(value)
        if kind in HASHED:
            if kind in LONG:
                self._left -= len(value) // CHARS_PER_VALUE
            return hash((kind, value))
        size = 0
        if kind in ORDERED or kind in UNORDERED:
            size = len(value)
            if depth < DEEPEST and size <= left[0]:
                left[0] -= size
                self._left -= size
                # Copied at once: another thread may change it meanwhile.
                elements = tuple(value.items()) if kind is dict else tuple(value)
                keys = [self._of(one, left, depth + 1) for one in elements]
                return hash((kind, tuple(keys) if kind in ORDERED else frozenset(keys)))
        self._kept[id(value)] = value
        return hash((kind, id(value), size))
