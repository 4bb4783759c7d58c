"""The errors a person sees.

Exit codes: 1 a check failed, 2 wrong use, 3 the lab or the engine isn't there.
"""


class LabError(Exception):
    """Something the user can act on: what is wrong, what was found, what to do next."""

    exit_code = 1


class UsageError(LabError):
    """The command was given something it can't take."""

    exit_code = 2


class UnavailableError(LabError):
    """The engine, an image or a part of the lab isn't there."""

    exit_code = 3
