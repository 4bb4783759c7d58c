"""Which containers grow, and by what name they are held."""

import gc
import sys
import tracemalloc
from array import array
from collections import Counter, OrderedDict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import CellType, FrameType, FunctionType, MemberDescriptorType, MethodType
from typing import Any

from services.telemetry.conventions import OWN_FOLDERS
from services.telemetry.sites import Place, place_of

# lru_cache's results are in a container of C that only tells how many they are.
CACHED: Any = type(lru_cache(maxsize=1)(lambda: None))
SIZED = (dict, list, set, deque, OrderedDict)
# Looked up by type() and not isinstance(): a proxy's class may be a lie that runs code.
KINDS = frozenset({*SIZED, CACHED})
MOST_NAMED = 10
# A look at all referrers of an object takes some 50 ms.
DEEPEST = 2
WIDEST = 3
SAMPLED_ITEMS = 20
MOST_VISITED = 500
REFERENTS_OF = 5000


@dataclass(frozen=True)
class Grown:
    """A container that has more entries than before.

    ``name`` is the attribute, module variable or function that holds it, None if that can't be
    told; ``place`` is where most of what its newest entries hold was allocated.
    """

    name: str | None
    kind: str
    length: int
    grown_by: int
    is_own: bool
    place: Place | None


class Census:
    """The containers of this process that grow, from one look to the next.

    At the first look all are noted, in two arrays, as tracemalloc would count a number each for
    every one of them; later only those that grew each time.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._ids = array("Q")
        self._lengths = array("Q")
        self._firsts: dict[int, int] = {}
        self._is_first = True

    def look(self) -> list[Grown]:
        """Those with at least ``least`` more entries at every look until now, most growth first.

        An object may have taken the place, and so the id, of one that is gone; to ask for growth
        every time keeps most of such pairs out.
        """
        before = dict(zip(self._ids, self._lengths, strict=True))
        found = list(_containers())
        if self._is_first:
            self._is_first = False
            self._note(found)
            return []
        found = [
            one
            for one in found
            if id(one) in before and _length(one) - before[id(one)] >= self._least
        ]
        firsts = {id(one): self._firsts.get(id(one), before[id(one)]) for one in found}
        self._firsts = firsts
        self._note(found)
        found.sort(key=lambda one: _length(one) - firsts[id(one)], reverse=True)
        del found[MOST_NAMED:]
        return [_describe(one, firsts[id(one)], {id(found)}) for one in found]

    def _note(self, containers: Sequence[object]) -> None:
        self._ids = array("Q", map(id, containers))
        self._lengths = array("Q", map(_length, containers))


def _containers() -> Iterator[Any]:
    """All containers, also the dicts that garbage collection passes over: those of plain values."""
    tracked = gc.get_objects()
    yield from (one for one in tracked if type(one) in KINDS)
    untracked: dict[int, Any] = {}
    for start in range(0, len(tracked), REFERENTS_OF):
        for one in gc.get_referents(*tracked[start : start + REFERENTS_OF]):
            if type(one) is dict and not gc.is_tracked(one):
                untracked[id(one)] = one
    yield from untracked.values()


def _length(one: Any) -> int:
    return int(one.cache_info().currsize) if type(one) is CACHED else len(one)


def _describe(one: Any, first: int, ignored: set[int]) -> Grown:
    name, module = (
        (f"lru_cache of {one.__qualname__}", one.__module__)
        if type(one) is CACHED
        else _holder(one, ignored, DEEPEST)
    )
    return Grown(
        name=name,
        kind=type(one).__name__ if type(one) is not CACHED else "lru_cache",
        length=_length(one),
        grown_by=_length(one) - first,
        is_own=module.split(".", 1)[0] in OWN_FOLDERS,
        place=_place_of_newest(one),
    )


def _holder(target: object, ignored: set[int], depth: int) -> tuple[str | None, str]:
    """By what name ``target`` is held, and the module of that; (None, "") if that can't be told."""
    referrers = gc.get_referrers(target)
    skipped = ignored | {id(referrers)}
    held = [one for one in referrers if id(one) not in skipped and type(one) is not FrameType]
    for one in held:
        if named := _named_by(one, target):
            return named
    if depth > 0:
        for one in [one for one in held if type(one) in (*SIZED, tuple, CellType)][:WIDEST]:
            outer, module = _holder(one, skipped | {id(held), id(target)}, depth - 1)
            if outer is not None:
                return (outer if type(one) is CellType else f"{outer}[...]"), module
    return None, ""


def _named_by(holder: Any, target: object) -> tuple[str, str] | None:
    if type(holder) is dict:
        return _named_in_dict(holder, target)
    if type(holder) is FunctionType:
        return f"default of {holder.__qualname__}", holder.__module__
    if type(holder) in (*SIZED, tuple, CellType, MethodType):
        if type(holder) is tuple:
            return _named_in_closure(holder)
        return None
    for name, value in _attributes(holder):
        if value is target:
            return f"{type(holder).__qualname__}.{name}", type(holder).__module__
    return None


def _named_in_dict(holder: dict[Any, Any], target: object) -> tuple[str, str] | None:
    """A dict that is a module's, a class's or an object's namespace."""
    name = next((key for key, value in list(holder.items()) if value is target), None)
    if not isinstance(name, str):
        return None
    module = sys.modules.get(str(holder.get("__name__")))
    if module is not None and vars(module) is holder:
        return f"{module.__name__.removeprefix('services.')}.{name}", module.__name__
    for owner in gc.get_referrers(holder):
        if isinstance(owner, type):
            return f"{owner.__qualname__}.{name}", owner.__module__
        if _namespace(owner) is holder:
            return f"{type(owner).__qualname__}.{name}", type(owner).__module__
    return None


def _named_in_closure(holder: tuple[object, ...]) -> tuple[str, str] | None:
    for owner in gc.get_referrers(holder):
        if type(owner) is FunctionType and owner.__closure__ is holder:
            return f"closure of {owner.__qualname__}", owner.__module__
    return None


def _attributes(one: object) -> Iterator[tuple[str, object]]:
    """The attributes that are stored in an object; none of its code runs."""
    namespace = _namespace(one)
    if isinstance(namespace, dict):
        yield from list(namespace.items())
    for base in type(one).__mro__:
        for name, member in vars(base).items():
            if type(member) is MemberDescriptorType:
                try:
                    yield name, member.__get__(one)
                except AttributeError:
                    continue


def _namespace(one: object) -> object:
    try:
        return object.__getattribute__(one, "__dict__")
    except (AttributeError, TypeError):
        return None


def _place_of_newest(container: Any) -> Place | None:
    """Where most bytes that the newest entries hold were allocated, as far as that was traced."""
    held: Counter[Place] = Counter()
    seen: set[int] = set()
    left = list(_newest(container))
    while left and len(seen) < MOST_VISITED:
        one = left.pop(0)
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if traceback := tracemalloc.get_object_traceback(one):
            held[place_of(traceback)] += sys.getsizeof(one)
            left.extend(gc.get_referents(one))
    return held.most_common(1)[0][0] if held else None


def _newest(container: Any) -> Collection[object]:
    if isinstance(container, dict):
        newest = list(islice(reversed(container), SAMPLED_ITEMS))
        return [*newest, *(container[key] for key in newest)]
    if isinstance(container, (list, deque)):
        return list(islice(reversed(container), SAMPLED_ITEMS))
    if isinstance(container, set):
        return list(islice(container, SAMPLED_ITEMS))
    return gc.get_referents(container)[-SAMPLED_ITEMS:]
