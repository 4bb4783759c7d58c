"""Makes the virtual environment; what setup.sh runs, with the standard library alone.

The environment carries a stamp once it is complete. Without one, or with that of other
requirements, another Python or another folder, it is completed or made anew.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / ".tracelab" / "setup.lock"
EVERY_S = 3.0
INTERRUPTED = 130
UNFINISHED = "unfinished\n"
TAIL_LINES = 15
Say = Callable[[str], None]


class SetupError(Exception):
    """What is wrong and what to do about it."""


def main() -> int:
    """Complete the environment for the host side; 0 where it is complete."""
    requirements = ROOT / "requirements" / "lab.txt"
    if is_complete(VENV, requirements):
        return 0
    try:
        with _locked():
            ensure(VENV, requirements, _say)
    except SetupError as failed:
        _say(str(failed))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the next `. ./setup.sh` goes on from here")
        return INTERRUPTED
    return 0


def ensure(venv: Path, requirements: Path, say: Say) -> None:
    """Make the environment and install into it what isn't there yet. Raises SetupError."""
    if is_complete(venv, requirements):
        return
    if not _has_pip(venv):
        _need_ensurepip(say)
        say("making the virtual environment .venv")
        _call([sys.executable, "-m", "venv", "--clear", str(venv)], "making .venv")
    install(venv, requirements, say)


def install(venv: Path, requirements: Path, say: Say) -> None:
    """Install hash-pinned requirements into an environment and stamp it. Raises SetupError."""
    stamp_file = _stamp_file(venv, requirements)
    broken_off = stamp_file.exists() and stamp_file.read_text() == UNFINISHED
    stamp_file.write_text(UNFINISHED)
    total = sum("==" in line for line in requirements.read_text().splitlines())
    say(f"installing up to {total} packages of requirements/{requirements.name} into .venv")
    started = time.monotonic()
    argv = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    argv += ["--no-input", "--progress-bar=off", "--require-hashes", "-r", str(requirements)]
    if broken_off:  # a package may be half there, and pip would take it for whole
        argv.append("--force-reinstall")
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        tail = _follow(pip.stdout or (), started, say)
    if pip.returncode:
        raise SetupError(
            "installing into .venv failed; pip's last lines:\n  "
            + "\n  ".join(tail)
            + "\nif it is the network, pip takes PIP_INDEX_URL, HTTPS_PROXY and PIP_CERT"
        )
    stamp_file.write_text(stamp(venv, requirements))
    say(f"installed in {time.monotonic() - started:.0f} s")


def _follow(lines: Iterable[str], started: float, say: Say) -> list[str]:
    tail: list[str] = []
    collected, told = 0, started
    for line in lines:
        tail = [*tail, line.rstrip()][-TAIL_LINES:]
        collected += line.startswith("Collecting ")
        now = time.monotonic()
        if now - told >= EVERY_S:
            told = now
            done = f"{collected} collected, " if collected else ""
            say(f"  {now - started:.0f} s, {done}{line.strip()[:80]}")
    return tail


def is_complete(venv: Path, requirements: Path) -> bool:
    """Whether the environment holds these requirements, for this Python and this folder."""
    try:
        stamped = _stamp_file(venv, requirements).read_text() == stamp(venv, requirements)
    except FileNotFoundError:
        return False
    return stamped and (venv / "bin" / "python").exists()


def stamp(venv: Path, requirements: Path) -> str:
    """What the environment must have been made from and for."""
    hashed = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{hashed} {'.'.join(map(str, sys.version_info[:2]))} {venv}\n"


def _stamp_file(venv: Path, requirements: Path) -> Path:
    return venv / f"tracelab-{requirements.stem}.stamp"


def _has_pip(venv: Path) -> bool:
    """Whether the environment was made for this Python and folder, and its pip is whole."""
    whole = (
        "import pip; from importlib.metadata import files; assert files('pip')"  # RECORD is last
    )
    asked = [str(venv / "bin" / "python"), "-c"]
    asked += [f"{whole}; import sys; print(sys.prefix, *sys.version_info[:2])"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return said.strip() == f"{venv} {sys.version_info[0]} {sys.version_info[1]}"


def _need_ensurepip(say: Say) -> None:
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if not shutil.which("apt-get"):
        raise SetupError(f"{sys.executable} has no venv and ensurepip modules; install them")
    if os.geteuid() != 0:
        raise SetupError(
            f"{sys.executable} has no ensurepip module; run\n"
            f"  sudo apt-get install -y --no-install-recommends {package}"
        )
    say(f"installing {package}")
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": path}
    subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=False, capture_output=True)
    options = ["-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"]
    _call(["apt-get", "-qq", "install", "-y", *options, package], f"installing {package}", quiet)


def _call(argv: list[str], what: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-TAIL_LINES:]
        raise SetupError(f"{what} failed:\n  " + "\n  ".join(said))


@contextmanager
def _locked() -> Iterator[None]:
    """Two setups at once wait for one another."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _say(message: str) -> None:
    print(f"setup: {message}", file=sys.stderr, flush=True)  # noqa: T201 - before rich is there


if __name__ == "__main__":
    sys.exit(main())
