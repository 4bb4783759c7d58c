"""setup.sh as a shell sees it: sourced, it changes PATH and nothing else of the caller."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.settings import ROOT

SHELLS = ("bash", "dash", "zsh")
FINISHES = "import sys; sys.exit(0)\n"
FAILS = "import sys; sys.exit('setup: the index is gone')\n"


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell that is installed."""
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} isn't installed")
    return name


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is already complete; its path has a space in it."""
    root = tmp_path / "my lab"
    (root / "lab").mkdir(parents=True)
    shutil.copy(ROOT / "setup.sh", root)
    (root / "lab" / "bootstrap.py").write_text(FINISHES)
    return root


def source(
    shell: str, checkout: Path, script: str, *, options: str = "", path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script in that shell, in the checkout."""
    env = {**os.environ, "PATH": path or os.environ["PATH"]}
    program = shutil.which(shell) or shell
    argv = [program, *options.split(), "-c", script]
    return subprocess.run(argv, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def test_it_puts_the_environment_first_on_path_once(shell: str, checkout: Path) -> None:
    """Sourced twice, the folder is there once."""
    done = source(shell, checkout, '. ./setup.sh; . ./setup.sh; echo "$PATH"')
    folders = done.stdout.strip().split(":")
    assert folders[0] == f"{checkout}/.venv/bin"
    assert folders.count(folders[0]) == 1


def test_it_leaves_options_variables_and_functions_alone(shell: str, checkout: Path) -> None:
    """Nothing of the inside can be seen afterwards."""
    same = 'before=$(set -o); . ./setup.sh; [ "$before" = "$(set -o)" ] && echo same'
    done = source(shell, checkout, f"{same}; set | grep -ic ^_tracelab")
    assert done.stdout.split() == ["same", "0"]
    functions = source(shell, checkout, ". ./setup.sh; type _tracelab_setup _tracelab_python")
    assert functions.returncode != 0


def test_it_works_under_strict_options(shell: str, checkout: Path) -> None:
    """A caller with -e and -u isn't thrown out."""
    done = source(shell, checkout, ". ./setup.sh; echo reached", options="-eu")
    assert (done.stdout, done.returncode) == ("reached\n", 0)


def test_a_failure_is_returned_and_path_kept(shell: str, checkout: Path) -> None:
    """`. ./setup.sh && invoke up` stops there, and the shell lives on."""
    (checkout / "lab" / "bootstrap.py").write_text(FAILS)
    done = source(shell, checkout, '. ./setup.sh && echo wrong; echo "$?"; echo "$PATH"')
    assert done.stdout.splitlines()[0] == "1"
    assert f"{checkout}/.venv/bin" not in done.stdout.splitlines()[1].split(":")
    assert "the index is gone" in done.stderr


def test_run_instead_of_sourced_it_says_how(shell: str, checkout: Path) -> None:
    """A child process can't change its caller's PATH."""
    program = shutil.which(shell) or shell
    done = subprocess.run(
        [program, "./setup.sh"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert ". ./setup.sh" in done.stderr


def test_an_old_python_is_named(shell: str, checkout: Path, tmp_path: Path) -> None:
    """The message says which version is needed and which was found."""
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        old = tmp_path / "bin" / name
        old.parent.mkdir(exist_ok=True)
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
        old.chmod(0o755)
    path = f"{tmp_path}/bin:/bin:/usr/bin"
    done = source(shell, checkout, '. ./setup.sh; echo "$?"', path=path)
    assert done.stdout == "1\n"
    assert "Python 3.11 or newer; found: Python 3.9.2" in done.stderr


@pytest.mark.parametrize("named", ["bash", "zsh"])
def test_from_elsewhere_it_finds_its_own_checkout(
    named: str, checkout: Path, tmp_path: Path
) -> None:
    """bash and zsh can tell which file they read."""
    if shutil.which(named) is None:
        pytest.skip(f"{named} isn't installed")
    done = source(named, tmp_path, '. "./my lab/setup.sh"; echo "${PATH%%:*}"')
    assert Path(done.stdout.strip()).resolve() == checkout / ".venv" / "bin"


def test_a_plain_sh_from_elsewhere_is_told_to_go_to_the_root(
    checkout: Path, tmp_path: Path
) -> None:
    """dash can't tell which file it reads."""
    done = source("dash", tmp_path, f'. "{checkout}/setup.sh"; echo "$?"')
    assert done.stdout == "2\n"
    assert "cd to its root" in done.stderr
