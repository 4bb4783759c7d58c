"""What the docker client says about itself and the engine it speaks to."""

import json
import shutil
from dataclasses import dataclass, replace

from lab.host import debian
from lab.run import CommandError, run

PROBE_TIMEOUT_S = 20


@dataclass(frozen=True)
class Probe:
    """What the docker client says. ``version`` is the engine's, empty where none answers.

    ``said`` is the client's error, ``plugins`` are the client's plugins with their versions,
    ``endpoint`` is the address it speaks to.
    """

    has_client: bool = False
    has_daemon: bool = False
    version: str = ""
    said: str = ""
    plugins: frozenset[tuple[str, str]] = frozenset()
    endpoint: str = ""


def probe() -> Probe:
    """Ask the docker client about itself and its engine, in one call."""
    has_daemon = shutil.which("dockerd", path=debian.system_path()) is not None
    if shutil.which("docker") is None:
        return Probe(has_daemon=has_daemon, said="there is no docker client on PATH")
    try:
        asked = run(
            ["docker", "info", "--format", "{{json .}}"], timeout_s=PROBE_TIMEOUT_S, check=False
        )
        found = parse_info(asked.stdout, asked.stderr)
    except CommandError:
        found = Probe(has_client=True, said=f"no answer within {PROBE_TIMEOUT_S} s")
    return replace(found, has_daemon=has_daemon, endpoint="" if found.version else endpoint())


def parse_info(stdout: str, stderr: str) -> Probe:
    """Read ``docker info --format '{{json .}}'``."""
    try:
        info = json.loads(stdout)
    except ValueError:
        info = {}
    client = info.get("ClientInfo") or {}
    errors = [*(info.get("ServerErrors") or []), *stderr.strip().splitlines()]
    return Probe(
        has_client=True,
        version=info.get("ServerVersion") or "",
        said=errors[0].strip() if errors else "",
        plugins=frozenset(
            (plugin.get("Name", ""), plugin.get("Version", ""))
            for plugin in client.get("Plugins") or []
            if not plugin.get("Err")
        ),
    )


def answers() -> bool:
    """Whether an engine answers now."""
    asked = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        return bool(run(asked, timeout_s=10).stdout.strip())
    except CommandError:
        return False


def endpoint() -> str:
    """The address of the engine the docker client speaks to; empty where it can't be told."""
    return _of_context("{{.Endpoints.docker.Host}}")


def context() -> str:
    """The docker client's current context, which is also the name of its own builder."""
    return _of_context("{{.Name}}") or "default"


def _of_context(template: str) -> str:
    argv = ["docker", "context", "inspect", "--format", template]
    return run(argv, check=False).stdout.strip()
