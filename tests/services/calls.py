"""Calls as they happen, on any Python: by `sys.setprofile`, for one thread and one block."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from services.telemetry.counting import Counter


@contextmanager
def counted_by(counter: Counter, path: str) -> Iterator[None]:
    """Tell the counter what starts, and what the functions of this file call.

    `sys.monitoring`, which the services use, is missing in the oldest Python of the host side.
    """
    stopped: set[object] = set()

    def profile(frame: FrameType, event: str, callee: Any) -> None:
        code = frame.f_code
        place = id(code), frame.f_lasti
        if event == "call" and id(code) not in stopped and counter.on_start(code, frame):
            stopped.add(id(code))
        if code.co_filename != path or place in stopped:
            return
        if event == "c_call" and counter.on_call(code, frame.f_lasti, callee):
            stopped.add(place)
        if event in ("c_return", "c_exception"):
            counter.on_return(code, frame.f_lasti)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
