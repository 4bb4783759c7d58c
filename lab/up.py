"""`invoke up`: the lab started, its index loaded, its first traces sent, and where to look."""

import os
from collections.abc import Iterator, Mapping

from lab.console import out, steps
from lab.profile import reference
from lab.settings import Settings
from lab.stack import containers, control, status
from lab.stack import lifecycle as stack
from lab.traffic import send as traffic
from services.telemetry import conventions


def run(settings: Settings, *, send_traffic: bool) -> None:
    """Bring the lab up and print where to look and what to do next."""
    with steps().spinning() as told:
        for remark in paid(os.environ):
            told(remark)
        stack.up(settings, told)
        if send_traffic:
            told("warming up: sending traffic until at least 10 traces are sampled")
            since_s = containers.started_s(settings, (*conventions.SERVICES, "jaeger", "datadog"))
            mystery = traffic.warm_up(
                settings,
                told.update,
                since_s=since_s,
                meanwhile=lambda: reference.ensure(settings, told, control.on(settings)),
            )
            told(f"warmed up; the mystery query's trace is {mystery}")
    out.print()
    out.print(status.links(settings))
    faults_on = control.on(settings)
    if faults_on:
        out.print(
            f"\n[yellow]planted faults are on:[/yellow] {', '.join(faults_on)}; "
            "`invoke heal` turns them off"
        )
    out.print("\nnext: [bold]invoke checklist[/bold], then [bold]invoke trace[/bold]")


def paid(env: Mapping[str, str]) -> Iterator[str]:
    """A remark for each key by which the lab asks a service that wants money."""
    for key, service in (("OPENAI_API_KEY", "OpenAI"), ("PINECONE_API_KEY", "Pinecone")):
        if env.get(key):
            yield f"{key} is set: {service} itself is asked, and that costs money"
