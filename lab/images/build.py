"""Builds the lab's images: the base first, then the others side by side."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from lab.host import engine_probe
from lab.images import base as base_image
from lab.images.buildenv import BuildEnv, secret_files
from lab.images.specs import Plan, Spec
from lab.watched import StoppedError, Watch

LINE_PREFIX = re.compile(r"^#\d+ (?:\d+\.\d+ )?")


@dataclass(frozen=True)
class Builder:
    """Builds from the project at ``root`` with this machine's settings."""

    root: Path
    env: BuildEnv
    watch: Watch

    def build(self, plan: Plan, wanted: Sequence[Spec], *, with_base: bool) -> None:
        """Build the wanted images of a plan.

        Raises LabError with the end of the output of the build that failed; the others are then
        stopped, as they all are by a Ctrl-C.
        """
        if with_base:
            took_s = base_image.build(plan.base, self.root, self.env, self.watch)
            self.watch.report(f"image base: built in {took_s:.0f} s")
        with secret_files(self.env.secrets) as secrets:
            builder = engine_probe.context()
            self._side_by_side(plan, wanted, builder, secrets)

    def _side_by_side(
        self, plan: Plan, wanted: Sequence[Spec], builder: str, secrets: Mapping[str, Path]
    ) -> None:
        with ThreadPoolExecutor(max(len(wanted), 1)) as pool:
            builds = [
                pool.submit(self._image, spec, plan.references[spec.name], builder, secrets)
                for spec in wanted
            ]
            try:
                wait(builds, return_when=FIRST_EXCEPTION)
            finally:
                if not all(build.done() for build in builds):
                    self.watch.stop.set()
        raise_first(builds)

    def _image(self, spec: Spec, reference: str, builder: str, secrets: Mapping[str, Path]) -> None:
        argv = build_argv(spec, reference, self.env, secrets)
        env = {
            **self.env.proxies,
            "BUILDX_BUILDER": builder,
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        }
        took_s = self.watch.run(f"image {spec.name}", argv, env=env, cwd=self.root, brief=brief)
        self.watch.report(f"image {spec.name}: built in {took_s:.0f} s")


def build_argv(spec: Spec, reference: str, env: BuildEnv, secrets: Mapping[str, Path]) -> list[str]:
    """The command line of one build. Values of proxies and secrets are not on it."""
    argv = ["docker", "buildx", "build", "--load", "--progress=plain", "--network", env.network]
    argv += ["--tag", reference, "--file", str(spec.dockerfile)]
    argv += ["--build-arg", f"BASE={spec.parent}"]
    for name in env.proxies:
        argv += ["--build-arg", name]
    for key, path in secrets.items():
        argv += ["--secret", f"id={key},src={path}"]
    return [*argv, str(spec.context)]


def brief(line: str) -> str:
    """A line of BuildKit's plain progress without its step number and clock."""
    return LINE_PREFIX.sub("", line)


def raise_first(builds: Sequence["Future[None]"]) -> None:
    """Raise the error that made the others stop, if there was one."""
    failures = [failure for build in builds if (failure := build.exception())]
    failures.sort(key=lambda failure: isinstance(failure, StoppedError))
    if failures:
        raise failures[0]
