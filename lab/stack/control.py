"""The folder through which this machine tells the services something while they run.

It is mounted read-only into each of them. Every file in it is replaced as a whole, so that nobody
reads half of one.
"""

import json
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.locks import one_at_a_time
from lab.settings import Settings

FLAGS = "flags.json"
FOLDER_MODE = 0o755
FILE_MODE = 0o644
# Below this a file system may give two files the same time, and a change would go unseen.
CLOCK_STEP_NS = 10_000_000


def prepare(settings: Settings, flags: Collection[str]) -> tuple[str, ...]:
    """Make the folder with every flag in it, before the containers start; what is on stays on.

    Returns those that are on. Raises LabError where the folder can't be written.
    """
    with _writing(settings):
        kept = [name for name in on(settings) if name in flags]
        _write_flags(settings, flags, kept)
    return tuple(kept)


def on(settings: Settings) -> tuple[str, ...]:
    """The flags that are on, sorted; none where the file isn't there or can't be read."""
    return tuple(sorted(name for name, state in _states(settings).items() if state == "on"))


def turn_on(settings: Settings, name: str) -> tuple[str, ...]:
    """Turn a flag on, and return all that are on now."""
    with _writing(settings):
        wanted = sorted({*on(settings), name})
        _write_flags(settings, {*_states(settings), name}, wanted)
    return tuple(wanted)


def turn_off(settings: Settings, *names: str) -> tuple[str, ...]:
    """Turn these off, or all where none is named, and return those that were on before."""
    if not on(settings):
        return ()
    with _writing(settings):
        before = on(settings)
        healed = [name for name in before if not names or name in names]
        _write_flags(settings, _states(settings), set(before) - set(healed))
    return tuple(healed)


def reset(settings: Settings) -> None:
    """All off and nothing armed, where there is a folder at all."""
    if not settings.control_dir.is_dir():
        return
    turn_off(settings)
    for left in settings.control_dir.glob("*.json"):
        if left.name != FLAGS:
            left.unlink(missing_ok=True)


def write(settings: Settings, file: str, document: Any) -> None:
    """Replace one file of the folder. Raises LabError where it can't be written."""
    target = settings.control_dir / file
    try:
        settings.control_dir.mkdir(parents=True, exist_ok=True)
        settings.control_dir.chmod(FOLDER_MODE)
        before_ns = target.stat().st_mtime_ns if target.exists() else 0
        with tempfile.NamedTemporaryFile("w", dir=settings.control_dir, delete=False) as aside:
            json.dump(document, aside)
        made = Path(aside.name)
        made.chmod(FILE_MODE)
        later_ns = max(made.stat().st_mtime_ns, before_ns + CLOCK_STEP_NS)
        os.utime(made, ns=(later_ns, later_ns))
        made.replace(target)
    except OSError as failed:
        raise LabError(
            f"can't write {target}: {failed.strerror}; make room or give this user the folder"
        ) from failed


def remove(settings: Settings, file: str) -> None:
    """Remove one file of the folder, if it is there."""
    (settings.control_dir / file).unlink(missing_ok=True)


def _states(settings: Settings) -> dict[str, str]:
    """Each flag of the file with "on" or "off"."""
    try:
        document = json.loads((settings.control_dir / FLAGS).read_text(encoding="utf-8"))
        return {name: flag["defaultVariant"] for name, flag in document["flags"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_flags(settings: Settings, flags: Collection[str], wanted: Collection[str]) -> None:
    """In flagd's format: https://flagd.dev/reference/flag-definitions/."""
    defined = {
        name: {
            "state": "ENABLED",
            "variants": {"on": True, "off": False},
            "defaultVariant": "on" if name in wanted else "off",
        }
        for name in sorted(flags)
    }
    write(settings, FLAGS, {"flags": defined})


@contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    lock = settings.state_dir / "control.lock"
    with one_at_a_time(lock, lambda _: None, "switching faults"):
        yield
