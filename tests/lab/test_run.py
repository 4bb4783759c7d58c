"""The one runner for external commands."""

import sys

import pytest

from lab.run import CommandError, run


def test_it_returns_what_the_command_wrote() -> None:
    """Both outputs and the exit code come back."""
    done = run([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "out\n", "err\n")


def test_the_environment_is_added_to() -> None:
    """Given variables are added; the process's own stay."""
    done = run(
        [sys.executable, "-c", "import os; print(os.environ['ADDED'], 'PATH' in os.environ)"],
        env={"ADDED": "yes"},
    )
    assert done.stdout == "yes True\n"


def test_a_bad_end_tells_command_code_and_last_words() -> None:
    """The error names the command, its exit code and the end of what it wrote."""
    with pytest.raises(CommandError, match=r"exit code 7:\nlast words") as caught:
        run(
            [
                sys.executable,
                "-c",
                "import sys; sys.exit(print('last words', file=sys.stderr) or 7)",
            ]
        )
    assert sys.executable in str(caught.value)


def test_a_missing_program_is_named() -> None:
    """A program that isn't there gives the shell's code 127 and its name."""
    with pytest.raises(CommandError, match="no-such-program: not found") as caught:
        run(["no-such-program"])
    assert caught.value.completed.exit_code == 127


def test_a_command_that_hangs_is_ended() -> None:
    """Past its time a command is killed and the error says how long it had."""
    with pytest.raises(CommandError, match=r"still running after 0.2 s") as caught:
        run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.2)
    assert caught.value.completed.exit_code == 124
