"""The lab's commands. Each parses, calls one function of `lab` or `checks`, and prints.

A task imports what it needs when it runs, so that `invoke --list` stays instant.
"""

from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from lab.cli import (
    INTERRUPTED,
    JSON_HELP,
    lab_task,
    number,
    plain_task,
    print_json,
    whole_number,
)
from lab.console import err, out, steps
from lab.errors import UsageError
from lab.settings import Settings
from lab.settings import load as settings_of

CHECK_FAILED = 1
WATCH_EVERY_S = 5.0


@lab_task(help={"traffic": "send the warm-up traffic and the mystery query (the default)"})
def up(
    _: Context, name: str | None = None, port_offset: str | None = None, traffic: bool = True
) -> None:
    """Start the lab: engine, images, containers, corpus, warm-up traffic."""
    from lab import up as whole

    whole.run(settings_of(name, port_offset), send_traffic=traffic)


@lab_task(help={"volumes": "remove its data too: traces, index, cache, healthy reference"})
def down(
    _: Context, name: str | None = None, port_offset: str | None = None, volumes: bool = False
) -> None:
    """Stop and remove the lab, and look that nothing is left."""
    from lab.stack import lifecycle as stack

    settings = settings_of(name, port_offset)
    gone = stack.down(settings, volumes=volumes)
    for what in gone:
        out.print(f"removed {what}")
    out.print(f"nothing of {settings.name!r} is left" if gone else "there was nothing to remove")


@lab_task(
    help={
        **JSON_HELP,
        "requests": "how many to send",
        "concurrency": "how many at a time (default 8; with --rate the most at a time)",
        "rate": "open loop: so many a second, whether or not earlier ones have come back",
        "seed": "the same seed sends the same requests",
        "users": "how many different users (default: the scenario's)",
        "scenario": "a name in seed/scenarios.toml",
    }
)
def traffic(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    requests: int = 100,
    concurrency: str | None = None,
    rate: str | None = None,
    seed: int = 1,
    users: str | None = None,
    scenario: str | None = None,
    json: bool = False,
) -> None:
    """Send seeded, deterministic load, and say what came of it."""
    from lab.traffic import progress as traffic_view
    from lab.traffic import send as load
    from lab.traffic import summary

    settings = settings_of(name, port_offset)
    plan = load.prepare(
        scenario_name=scenario,
        requests=requests,
        concurrency=whole_number(concurrency, "--concurrency"),
        rate=number(rate, "--rate"),
        seed=seed,
        users=whole_number(users, "--users"),
    )
    with traffic_view.progress(err) as on_progress:
        done = load.run(settings, plan, on_progress)
    if json:
        print_json(summary.to_json(done))
    else:
        out.print(summary.render(done))
    if done.sending.interrupted:
        raise Exit(code=INTERRUPTED)
    if done.failed:
        raise Exit(code=CHECK_FAILED)


@lab_task(
    help={
        **JSON_HELP,
        "watch": "look again every 5 seconds until all checks pass",
    }
)
def checklist(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    json: bool = False,
    watch: bool = False,
) -> None:
    """Check everything that profiling needs: evidence, impact, and the command that mends it."""
    from checks import render, result, runner
    from checks.watch import reports

    settings = settings_of(name, port_offset)
    for done in reports(lambda: runner.run(settings), WATCH_EVERY_S):
        if json:
            print_json(result.to_json(done))
        else:
            out.print(render.report(done))
        if not watch:
            break
    if done.exit_code:
        raise Exit(code=done.exit_code)


@lab_task(
    help={
        **JSON_HELP,
        "trace-id": "this trace instead of the slowest",
        "min-duration": "only traces of at least this long: 500ms, 2s",
        "user-id": "only this user's traces",
        "since": "how far to look back: 30m, 24h (the default), 7d",
    }
)
def trace(
    _: Context,
    trace_id: str | None = None,
    name: str | None = None,
    port_offset: str | None = None,
    min_duration: str | None = None,
    user_id: str | None = None,
    since: str | None = None,
    json: bool = False,
) -> None:
    """Show the slowest trace, or the given one, as a waterfall with its critical path."""
    from lab import trace as trace_command
    from lab.traces import trace_json, waterfall

    settings = settings_of(name, port_offset)
    wanted = trace_command.filters(since=since, min_duration=min_duration, user_id=user_id)
    found = trace_command.find(settings, trace_id, wanted)
    if json:
        print_json(trace_json.to_json(found, settings.url("jaeger"), settings.url("datadog-ui")))
    else:
        out.print(waterfall.render(found, urls=trace_command.urls(settings, found.trace_id)))


@lab_task(
    help={
        **JSON_HELP,
        "trace-id": "replay this trace's request instead of the slowest trace's",
        "since": "how far to look back for the slowest trace (default 24h)",
        "seconds": "about how long to replay for, at least three times (default 10)",
        "memory": "look for a leak instead: sustained traffic, growth, the code that keeps memory",
        "requests": "with --memory: how many to judge by (default: a minute's worth)",
        "compare": "an earlier report's folder: replay its request, and tell what was won since",
    }
)
def profile(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    trace_id: str | None = None,
    since: str = "24h",
    seconds: int = 10,
    memory: bool = False,
    requests: str | None = None,
    compare: str | None = None,
    json: bool = False,
) -> None:
    """Replay the slowest request under py-spy, and say which function makes it slow, and why."""
    from lab import duration
    from lab.profile import before
    from lab.profile import run as profiling
    from lab.report import compare_view
    from lab.report import outcome as report

    if memory:
        _profile_memory(settings_of(name, port_offset), requests, json)
        return
    if requests is not None:
        raise UsageError("--requests is for --memory; how long to replay is --seconds")
    settings = settings_of(name, port_offset)
    past = before.load(Path(compare)) if compare else None

    with steps().spinning() as told:
        found = profiling.run(
            settings,
            trace_id=trace_id or (past.document["trace_id"] if past else None),
            since_s=duration.parse_us(since, "--since") / 1e6,
            seconds=seconds,
            tell=told,
        )
    won = before.compare_with(settings, past, found) if past else None
    if json:
        comparison = {"comparison": compare_view.to_json(won)} if won else {}
        print_json({**report.to_json(found), **comparison})
        return
    out.print(report.summary(found), markup=False, soft_wrap=True)
    if won:
        out.print()
        out.print(compare_view.render(won))


def _profile_memory(settings: Settings, requests: str | None, json: bool) -> None:
    from lab.memory import report as memory_report
    from lab.memory import run as memory

    with steps().spinning() as told:
        found = memory.run(
            settings,
            requests=whole_number(requests, "--requests"),
            report=told,
            progress=told.update,
        )
    if json:
        print_json(memory_report.to_json(found))
    else:
        out.print(memory_report.summary(found), markup=False, soft_wrap=True)


@lab_task(help=JSON_HELP)
def faults(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    json: bool = False,
) -> None:
    """List the planted faults, and which of them are on."""
    from lab import faults as catalogue
    from lab.stack import control, switch

    found, on = catalogue.load(), control.on(settings_of(name, port_offset))
    if json:
        print_json(switch.to_json(found, on))
    else:
        out.print(switch.render(found, on))


@lab_task(
    help={"fault": "its id, as `invoke faults` lists it; `--fault` itself may be left out"},
    bare="fault",
)
def inject(
    _: Context,
    fault: str | None = None,
    name: str | None = None,
    port_offset: str | None = None,
) -> None:
    """Turn a planted fault on while the lab runs: `invoke inject ID`."""
    from lab import faults as catalogue
    from lab.stack import switch

    found = catalogue.find(catalogue.load(), fault or "")
    on = switch.inject(settings_of(name, port_offset), found)
    out.print(switch.what_next(found, on))


@lab_task(
    help={"fault": "only this one (default: all); `--fault` itself may be left out"},
    bare="fault",
)
def heal(
    _: Context,
    fault: str | None = None,
    name: str | None = None,
    port_offset: str | None = None,
) -> None:
    """Turn the planted faults off again: all, or one with `invoke heal ID`."""
    from lab import faults as catalogue
    from lab.stack import switch

    found = catalogue.find(catalogue.load(), fault) if fault else None
    healed = switch.heal(settings_of(name, port_offset), found)
    out.print(f"healed {', '.join(healed)}" if healed else "nothing to heal: it is off already")


@lab_task()
def reference(_: Context, name: str | None = None, port_offset: str | None = None) -> None:
    """Measure the mystery query as it runs now, and keep that as the healthy reference."""
    from lab.profile import reference as healthy
    from lab.stack import control

    settings = settings_of(name, port_offset)
    with steps().spinning() as told:
        healthy.renew(settings, told, control.on(settings))


@lab_task(help=JSON_HELP)
def status(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    json: bool = False,
) -> None:
    """Show what runs and where."""
    from lab.stack import status as lab_status

    settings = settings_of(name, port_offset)
    services = lab_status.status(settings)
    document = lab_status.to_json(settings, services)
    if json:
        print_json(document)
    else:
        out.print(lab_status.render(services))
        out.print()
        out.print(lab_status.links(settings))
    if not document["running"]:
        raise Exit("the lab isn't whole; `invoke up` starts what is missing", code=3)


@lab_task(
    help={
        "service": "one service's logs (default: all)",
        "follow": "go on as new lines come",
        "tail": "how many lines of each to begin with",
    }
)
def logs(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    service: str | None = None,
    follow: bool = False,
    tail: int = 100,
) -> None:
    """Show the containers' logs."""
    from lab.stack import logs as lab_logs

    lab_logs.show(settings_of(name, port_offset), service, follow=follow, tail=tail)


@lab_task(help=JSON_HELP)
def doctor(
    _: Context,
    name: str | None = None,
    port_offset: str | None = None,
    json: bool = False,
) -> None:
    """Say what is wrong with this machine or with the lab on it, and how to mend it."""
    from lab import doctor as examination

    findings = examination.examine(settings_of(name, port_offset))
    if json:
        print_json(examination.to_json(findings))
    else:
        out.print(examination.render(findings))
    if any(finding.verdict == "problem" for finding in findings):
        raise Exit(code=CHECK_FAILED)


@lab_task(help={"out": "the folder to write to (default docs/images)"})
def screenshots(
    _: Context, name: str | None = None, port_offset: str | None = None, out: str | None = None
) -> None:
    """Make the pictures of README and docs anew, from the running lab."""
    from lab import console, devenv

    told = steps()
    devenv.ensure_dev(told)
    from lab.pictures import screenshots as pictures

    for path in pictures.take(settings_of(name, port_offset), out, told):
        console.out.print(f"{path}  {path.stat().st_size:,} bytes")


@plain_task(help={"unit": "only what needs no container engine or browser"})
def test(_: Context, unit: bool = False) -> None:
    """Lint, check types and run the whole test suite, on a lab of its own."""
    from lab import devenv, quality

    devenv.ensure_dev(steps())
    quality.run(
        [
            quality.LINT,
            quality.FORMAT,
            quality.TYPES,
            quality.UNIT_TESTS if unit else quality.TESTS,
        ]
    )
