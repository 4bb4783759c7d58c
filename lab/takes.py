"""The recordings of one profile, each with replays during it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab import pyspy, replay
from lab.errors import LabError
from lab.pyspy import Format, Recorded
from lab.replay import Replay
from lab.settings import Settings
from lab.wording import ms

CUT: Format = "chrometrace"
PICTURES: tuple[Format, ...] = ("flamegraph", "speedscope")


@dataclass(frozen=True)
class Take:
    """One recording and what was replayed during it."""

    recorded: Recorded
    replays: tuple[Replay, ...]


def take_all(
    settings: Settings,
    service: str,
    send: Callable[[], Replay],
    *,
    expected_s: float,
    seconds: int,
    wall_clock: bool,
    tell: Callable[[str], None],
) -> Mapping[Format, Take]:
    """Record a service in every format, one after the other: a process bears only one tracer.

    The one that samples are cut from comes first, so that its replays' traces arrive during the
    others; it always holds the waiting threads, the others where ``wall_clock`` is set. Raises
    LabError where a replay fails or doesn't fit into ``seconds``.
    """
    formats = (CUT, *PICTURES)
    takes: dict[Format, Take] = {}
    for number, kind in enumerate(formats, start=1):
        tell(f"recording {number} of {len(formats)}: {kind}, {seconds} s in {service}")
        idle = kind == CUT or wall_clock
        with pyspy.recording(settings, service, kind, seconds, idle=idle) as recording:
            replays = replay.fill(send, recording.left_s, expected_s)
            _check_whole(replays, seconds)
            takes[kind] = Take(recording.finish(), replays)
        tell(_summary(takes[kind]))
    return takes


def _summary(take: Take) -> str:
    took_ms = [one.duration_s * 1000 for one in take.replays]
    replays = "1 replay" if len(took_ms) == 1 else f"{len(took_ms)} replays"
    return f"{take.recorded.samples} stacks; {replays} of {ms(min(took_ms))} to {ms(max(took_ms))}"


def _check_whole(replays: tuple[Replay, ...], seconds: int) -> None:
    if not any(one.in_recording for one in replays):
        took_s = replays[0].duration_s
        raise LabError(
            f"a replay took {took_s:.1f} s, longer than the recording of {seconds} s; "
            f"record longer: `invoke profile --seconds {math.ceil(3 * took_s)}`"
        )
