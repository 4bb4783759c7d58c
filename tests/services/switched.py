"""Feature flags of this process, switched for a test."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.common import flags


@contextmanager
def turned_on(*names: str) -> Iterator[None]:
    """These flags are on inside the block, all others off."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flags, "_on", frozenset(names))
        yield
