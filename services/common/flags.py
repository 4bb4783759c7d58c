"""Switches of this process, read from a file that may change while it runs.

OpenFeature's client with flagd's provider in file mode. What is on is kept as a set, renewed at
each change, so that asking costs a look-up and not an evaluation.
"""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import OpenFeatureError

from services.common.env import Env

FILE = "flags.json"
LOOK_EVERY_MS = 250

log = logging.getLogger(__name__)
_renewing = threading.Lock()
_known: frozenset[str] = frozenset()
_on: frozenset[str] = frozenset()


def is_on(name: str) -> bool:
    """Whether a flag is on: as the file said at most half a second ago. Unknown ones are off."""
    return name in _on


def on() -> tuple[str, ...]:
    """All flags that are on, sorted."""
    return tuple(sorted(_on))


def start(env: Env) -> None:
    """Read the file and look at it again and again from now on. Once a process.

    Environment: TRACELAB_CONTROL_DIR, the folder with flags.json. Without it, or without the file,
    every flag stays off.
    """
    folder = env.optional("TRACELAB_CONTROL_DIR")
    if folder is None or not (Path(folder) / FILE).is_file():
        return
    # It would log an error four times a second while the file can't be read.
    logging.getLogger("openfeature").setLevel(logging.CRITICAL + 1)
    client = api.get_client()

    def renew(details: EventDetails) -> None:
        _renew(client, details.flags_changed or ())

    client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, renew)
    provider = FlagdProvider(
        resolver_type=ResolverType.FILE,
        offline_flag_source_path=str(Path(folder) / FILE),
        deadline_ms=LOOK_EVERY_MS,
    )
    try:
        api.set_provider_and_wait(provider)
    except OpenFeatureError as failed:
        log.warning("no flags: %s can't be used (%s)", FILE, failed)
    # The first change is told before the provider is ready, when every flag still counts as off.
    _renew(client, ())


def _renew(client: OpenFeatureClient, changed: Iterable[str]) -> None:
    global _known, _on
    with _renewing:
        _known |= frozenset(changed)
        _on = frozenset(name for name in _known if client.get_boolean_value(name, False))
