"""A container beside a service's: it shares the service's processes and may trace them.

Only it has SYS_PTRACE. Results stay in its own file system and are fetched through the engine's
API, so that an engine on another machine works as well. It lives as long as its `with` block.
"""

import io
import json
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container

from lab.errors import LabError, UnavailableError
from lab.measure import pyspy_launcher
from lab.settings import Settings
from lab.stack.containers import LAB_LABEL, client, container

ROLE_LABEL = "tracelab.role"
ROLE = "sidecar"
START_TIMEOUT_S = 20.0
POLL_S = 0.05
POLITE_S = 3
SAID_LINES = 6


class Sidecar:
    """One py-spy process in a container of its own."""

    def __init__(self, container: Container, service: str) -> None:
        self._container = container
        self.service = service

    def said(self) -> str:
        """All that py-spy wrote so far, its own progress and errors together."""
        return bytes(self._container.logs(stdout=True, stderr=True)).decode(errors="replace")

    def tail(self) -> str:
        """The last lines py-spy wrote, for error messages."""
        told, _, _ = self.said().partition("Stack backtrace:")
        lines = [line for line in told.splitlines() if line.strip()]
        kept = [line for line in lines if not line.startswith(pyspy_launcher.LAUNCHED)]
        return "\n".join(kept[-SAID_LINES:]) or "nothing"

    def launched(self) -> tuple[int, int]:
        """The pid profiled, and when py-spy was started in microseconds since the epoch."""
        for line in self.said().splitlines():
            if line.startswith(pyspy_launcher.LAUNCHED):
                noted = json.loads(line.removeprefix(pyspy_launcher.LAUNCHED))
                return int(noted["pid"]), int(noted["started_us"])
        raise LabError(f"the py-spy sidecar didn't say when it started; it said: {self.tail()}")

    def wait_for(self, text: str) -> None:
        """Return once py-spy has written ``text``. Raises LabError if it ends or stalls before."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while text not in self.said():
            if self._has_ended() and text not in self.said():
                raise self._failure()
            self._check_deadline(deadline_s, "begin")
            time.sleep(POLL_S)

    def interrupt(self) -> None:
        """Ask py-spy to end and write what it has, as Ctrl-C does."""
        with suppress(APIError):  # it may have ended by itself
            self._container.kill("SIGINT")

    def wait_end(self, timeout_s: float) -> None:
        """Return once py-spy has ended well. Raises LabError otherwise."""
        deadline_s = time.monotonic() + timeout_s
        while not self._has_ended():
            self._check_deadline(deadline_s, "end")
            time.sleep(POLL_S)
        if self._container.attrs["State"]["ExitCode"] != 0:
            raise self._failure()

    def fetch(self, path: str) -> bytes:
        """The content of a file that py-spy wrote."""
        with suppress(NotFound):
            chunks, _ = self._container.get_archive(path)
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                for entry in archive:
                    member = archive.extractfile(entry)
                    if member is not None:
                        return member.read()
        raise LabError(f"py-spy ended well but left no recording; it said: {self.tail()}")

    def remove(self) -> None:
        """End py-spy politely, lest a thread of the service stay stopped; then remove it."""
        with suppress(DockerException):
            if not self._has_ended():
                self._container.kill("SIGINT")
                self._container.wait(timeout=POLITE_S)
        with suppress(NotFound):
            self._container.remove(force=True)

    def _has_ended(self) -> bool:
        self._container.reload()
        return self._container.status in {"exited", "dead"}

    def _check_deadline(self, deadline_s: float, what: str) -> None:
        if time.monotonic() > deadline_s:
            raise LabError(f"py-spy on {self.service} did not {what} in time: {self.tail()}")

    def _failure(self) -> LabError:
        said = self.tail()
        return LabError(f"py-spy can't profile {self.service}: {said}{advice(said)}")


def advice(said: str) -> str:
    """What to do about an error of py-spy's, on a line of its own, where it is a known one."""
    if "ermission" in said:
        return "\nthe engine must let a container have SYS_PTRACE; `invoke doctor` looks at it"
    if "No such file" in said:
        return "\npy-spy is missing from the application image; rebuild it with `invoke up`"
    return ""


@contextmanager
def beside(settings: Settings, service: str, arguments: Sequence[str]) -> Iterator[Sidecar]:
    """Run py-spy with ``arguments`` beside a service; the sidecar is gone after the block.

    pyspy_launcher.PID among the arguments stands for the service's Python process.
    """
    target = container(settings, service)
    name = f"{settings.name}-pyspy-{service}"
    _clear_way(name, service)
    made = _create(settings, service, target, name, arguments)
    sidecar = Sidecar(made, service)
    try:
        try:
            made.start()
        except DockerException as failed:
            raise UnavailableError(f"the py-spy sidecar didn't start: {failed}") from failed
        yield sidecar
    except (APIError, NotFound) as lost:
        raise LabError(f"the py-spy sidecar of {service} was lost: {lost}") from lost
    finally:
        sidecar.remove()


def _create(
    settings: Settings, service: str, target: Container, name: str, arguments: Sequence[str]
) -> Container:
    source = Path(pyspy_launcher.__file__).read_text()
    try:
        return client().containers.create(
            str(target.attrs["Image"]),
            ["-S", "-c", source, f"services.{service}.app:app", *arguments],
            entrypoint=["python"],
            name=name,
            labels={LAB_LABEL: settings.name, ROLE_LABEL: ROLE},
            user="0:0",
            working_dir="/",
            pid_mode=f"container:{target.id}",
            network_mode="none",
            cap_drop=["ALL"],
            cap_add=["SYS_PTRACE"],
            security_opt=["no-new-privileges:true"],
            mem_limit="256m",
            pids_limit=64,
        )
    except ImageNotFound as missing:
        raise UnavailableError(
            f"the image of the {service} container is gone, so py-spy can't be run from it; "
            "rebuild it with `invoke up`"
        ) from missing
    except DockerException as failed:
        raise UnavailableError(f"the py-spy sidecar can't be made: {failed}") from failed
    except KeyboardInterrupt:
        with suppress(DockerException):
            client().containers.get(name).remove(force=True)
        raise


def _clear_way(name: str, service: str) -> None:
    """One process bears one tracer: refuse beside a running sidecar, remove a dead one."""
    try:
        before = client().containers.get(name)
    except NotFound:
        return
    except DockerException as failed:
        raise UnavailableError(f"the container engine doesn't answer: {failed}") from failed
    if before.status == "running":
        raise LabError(
            f"py-spy is at work on {service} already (container {name}); wait for that profile to "
            f"end, or stop it with `docker rm -f {name}`"
        )
    Sidecar(before, service).remove()
