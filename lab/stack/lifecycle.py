"""The lab as a whole: start it, stop it, prove that it is gone."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from docker.errors import NotFound
from docker.models.containers import Container

from lab import faults
from lab.console import Steps
from lab.errors import LabError
from lab.host import engine, ports
from lab.images import ensure as images
from lab.run import CommandError, Completed, run
from lab.settings import ROOT, Settings
from lab.stack import control, readiness
from lab.stack.containers import LAB_LABEL, PROJECT_LABEL, all_containers, client, follow_lines

COMPOSE_DIR = ROOT / "compose"
READY_TIMEOUT_S = 120.0
COMPOSE_TIMEOUT_S = 180.0
NO_IMAGES = images.Images(source="packages", why="", app="-", redis="-", jaeger="-", datadog="-")


def up(settings: Settings, steps: Steps) -> images.Images:
    """Bring the lab to where it answers questions; what is done already is skipped.

    Raises UnavailableError without an engine, images or free ports, LabError when a container
    doesn't come up.
    """
    engine.ensure(steps)
    chosen = images.ensure(settings, steps)
    steps(f"images from {chosen.source}: {chosen.why}")
    ports.require_free(settings, client().containers.list(ignore_removed=True))
    control.prepare(settings, [fault.id for fault in faults.load()])
    steps(f"starting the containers of {settings.name!r}")
    _compose_up(settings, chosen)
    ready = readiness.wait(
        settings, lambda seen: seen.ready or seen.only_index_missing, READY_TIMEOUT_S, steps.update
    )
    if ready.only_index_missing:
        load_index(settings, steps)
        readiness.wait(settings, lambda seen: seen.ready, READY_TIMEOUT_S, steps.update)
    steps("all services are ready")
    return chosen


def load_index(settings: Settings, steps: Steps) -> None:
    """Load the corpus into the vector index through the Pinecone API, showing how far it is."""
    steps("loading the corpus into the index")
    argv = ["python", "-m", "services.retriever.load"]
    with follow_lines(settings, "retriever", argv) as loader:
        if loader.stdout is None or loader.stderr is None:
            raise AssertionError("follow_lines pipes both outputs")
        for line in loader.stdout:
            progress = json.loads(line)
            steps.update(f"loading the corpus: {progress['done']} of {progress['total']} passages")
        if loader.wait():
            raise LabError(
                "loading the corpus into the index failed; what is loaded stays, "
                f"`invoke up` goes on from there:\n{loader.stderr.read()[-1500:]}"
            )


def down(settings: Settings, *, volumes: bool = False) -> tuple[str, ...]:
    """Stop and remove the lab and return the names of what was removed.

    Raises LabError if a look afterwards finds anything left.
    """
    before = leftovers(settings, volumes=volumes)
    for sidecar in all_containers(settings):
        if sidecar.labels.get(LAB_LABEL) == settings.name:
            _remove(sidecar)
    flags = ["--remove-orphans", *(["--volumes"] if volumes else [])]
    compose(settings, NO_IMAGES, "down", *flags)
    left = leftovers(settings, volumes=volumes)
    if left:
        raise LabError(f"still there after `docker compose down`: {', '.join(left)}")
    control.reset(settings)
    if volumes:
        shutil.rmtree(settings.state_dir, ignore_errors=True)
    return before


def leftovers(settings: Settings, *, volumes: bool) -> tuple[str, ...]:
    """Names of the lab's containers and networks, and of its volumes if asked for."""
    label = {"label": f"{PROJECT_LABEL}={settings.name}"}
    found = [f"container {c.name}" for c in all_containers(settings)]
    found += [f"network {n.name}" for n in client().networks.list(filters=label)]
    if volumes:
        found += [f"volume {v.name}" for v in client().volumes.list(filters=label)]
    return tuple(sorted(found))


def compose(settings: Settings, chosen: images.Images, *arguments: str) -> Completed:
    """Run `docker compose` on this lab."""
    return run(
        compose_argv(settings, chosen, *arguments),
        env=compose_env(settings, chosen),
        timeout_s=COMPOSE_TIMEOUT_S,
    )


def compose_argv(settings: Settings, chosen: images.Images, *arguments: str) -> list[str]:
    """The command line of `docker compose` for this lab."""
    files = (COMPOSE_DIR / "lab.yaml", *compose_overlays(chosen, os.environ), *settings.overlays)
    options = [option for file in files for option in ("--file", str(file))]
    return ["docker", "compose", "--project-name", settings.name, *options, *arguments]


def compose_overlays(chosen: images.Images, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Extra compose files that the environment asks for: the real Datadog agent, with a key."""
    if env.get("DD_API_KEY") and chosen.source == "registry":
        return (COMPOSE_DIR / "datadog-agent.yaml",)
    return ()


def compose_env(settings: Settings, chosen: images.Images) -> dict[str, str]:
    """What compose/lab.yaml is filled in with; without a key the providers stand in for an API."""
    emulated = {
        "OPENAI_API_KEY": {
            "OPENAI_BASE_URL": "http://providers.lab:8000/v1",
            "OPENAI_API_KEY": "lab",
        },
        "PINECONE_API_KEY": {
            "PINECONE_HOST": "http://providers.lab:8000",
            "PINECONE_API_KEY": "lab",
        },
    }
    stand_ins = [pair for key, pair in emulated.items() if not os.environ.get(key)]
    return {
        "TRACELAB_APP_IMAGE": chosen.app,
        "TRACELAB_REDIS_IMAGE": chosen.redis,
        "TRACELAB_JAEGER_IMAGE": chosen.jaeger,
        "TRACELAB_DATADOG_IMAGE": chosen.datadog,
        "TRACELAB_GATEWAY_PORT": str(settings.port("gateway")),
        "TRACELAB_JAEGER_PORT": str(settings.port("jaeger")),
        "TRACELAB_DATADOG_PORT": str(settings.port("datadog")),
        "TRACELAB_DATADOG_UI_PORT": str(settings.port("datadog-ui")),
        "TRACELAB_CONTROL_HOST_DIR": str(settings.control_dir),
        **{name: value for pair in stand_ins for name, value in pair.items()},
    }


def _compose_up(settings: Settings, chosen: images.Images) -> None:
    try:
        compose(settings, chosen, "up", "--detach", "--remove-orphans", "--quiet-pull")
    except CommandError as failed:
        dead = readiness.dead_containers(settings)
        raise LabError(f"the lab didn't start: {failed}" + (f"\n{dead}" if dead else "")) from None


def _remove(sidecar: Container) -> None:
    try:
        sidecar.remove(force=True)
    except NotFound:
        return
