"""Turning planted faults on and off in a running lab, and being sure that it is so."""

import time
from concurrent.futures import ThreadPoolExecutor

from rich.table import Table

from lab.errors import LabError
from lab.faults import Fault
from lab.settings import Settings
from lab.stack import containers, control

SERVICES = ("gateway", "retriever", "generator", "providers")
SEEN_WITHIN_S = 10.0
LOOK_EVERY_S = 0.1


def inject(settings: Settings, fault: Fault) -> tuple[str, ...]:
    """Turn a fault on and wait until every service sees it; the ids of all that are on.

    Raises UnavailableError where the lab doesn't run (nothing is changed then), LabError where a
    service goes on without the change.
    """
    for service in SERVICES:
        containers.container(settings, service)
    wanted = control.turn_on(settings, fault.id)
    _wait_until_seen(settings, wanted)
    return wanted


def heal(settings: Settings, fault: Fault | None) -> tuple[str, ...]:
    """Turn one fault off, or all, and wait until every service sees it; the ids of those healed.

    Raises as `inject` does, but the change is made first: a lab that doesn't run starts healed.
    """
    healed = control.turn_off(settings, *([fault.id] if fault else []))
    if healed:
        _wait_until_seen(settings, control.on(settings))
    return healed


def what_next(fault: Fault, on: tuple[str, ...]) -> str:
    """What to do now. It doesn't say what the fault is: that is to be found."""
    others = [name for name in on if name != fault.id]
    also = f" (so {'is' if len(others) == 1 else 'are'} {', '.join(others)})" if others else ""
    return (
        f"{fault.id} is on in every service{also}\n\n"
        "find it:  invoke profile   replays the slowest request as it runs now\n"
        f"undo it:  invoke heal {fault.id}"
    )


def render(faults: tuple[Fault, ...], on: tuple[str, ...]) -> Table:
    """The catalogue without its truth, in 80 columns."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "id", "what", "service", "span"):
        table.add_column(heading, no_wrap=heading != "what")
    for fault in faults:
        state = "[red]on[/red]" if fault.id in on else "off"
        table.add_row(state, fault.id, fault.title, fault.service, fault.span)
    return table


def to_json(faults: tuple[Fault, ...], on: tuple[str, ...]) -> dict[str, object]:
    """`{faults: [{id, title, service, span, on}]}`."""
    return {
        "faults": [
            {
                "id": fault.id,
                "title": fault.title,
                "service": fault.service,
                "span": fault.span,
                "on": fault.id in on,
            }
            for fault in faults
        ]
    }


def _wait_until_seen(settings: Settings, wanted: tuple[str, ...]) -> None:
    until_s = time.monotonic() + SEEN_WITHIN_S
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        waiting = list(SERVICES)
        while waiting:
            seen = pool.map(lambda service: _seen(settings, service), waiting)
            waiting = [
                service for service, found in zip(waiting, seen, strict=True) if found != wanted
            ]
            if waiting and time.monotonic() > until_s:
                raise LabError(
                    f"after {SEEN_WITHIN_S:.0f} s {', '.join(waiting)} still run without the "
                    f"change; look at `invoke logs --service {waiting[0]}`, or start the lab "
                    "again with `invoke down` and `invoke up`"
                )
            if waiting:
                time.sleep(LOOK_EVERY_S)


def _seen(settings: Settings, service: str) -> tuple[str, ...] | None:
    """The flags that a service has on, None where it doesn't say."""
    told = containers.get_json(settings, service, "/flags")
    found = told.get("on") if isinstance(told, dict) else None
    return tuple(found) if isinstance(found, list) else None
