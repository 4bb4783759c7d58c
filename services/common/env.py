"""Settings from the environment: read once, checked, refused with a clear message."""

import math
import os
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

Settings = TypeVar("Settings")


class SettingsError(ValueError):
    """A variable holds what can't be used. The message names it, its value and what is allowed."""


class Env:
    """Typed access to a mapping such as os.environ. Unset and empty are the same."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str:
        found = self._variables.get(name) or default
        if found is None:
            raise SettingsError(f"{name} is not set; it is needed")
        return found

    def optional(self, name: str) -> str | None:
        return self._variables.get(name) or None

    def number(self, name: str, default: float, low: float, high: float) -> float:
        text = self.text(name, str(default))
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            raise SettingsError(f"{name} is {text!r}; use a number from {low:g} to {high:g}")
        return found

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not low <= int(text) <= high:
            raise SettingsError(f"{name} is {text!r}; use a whole number from {low} to {high}")
        return int(text)

    def flag(self, name: str, default: bool) -> bool:
        text = self.text(name, "1" if default else "0").lower()
        if text in ("1", "true", "yes", "on"):
            return True
        if text in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{name} is {text!r}; use 1 or 0")

    def url(self, name: str, default: str | None = None, schemes: str = "http https") -> str:
        """An absolute URL without a slash at its end."""
        text = self.text(name, default)
        parts = urlsplit(text)
        if parts.scheme not in schemes.split() or not parts.hostname:
            wanted = " or ".join(f"{scheme}://" for scheme in schemes.split())
            raise SettingsError(f"{name} is {text!r}; use an address that starts with {wanted}")
        return text.rstrip("/")


def settings_or_exit(read: Callable[[Env], Settings]) -> Settings:
    """The settings of this process. Ends it with the message where one can't be used."""
    try:
        return read(Env(os.environ))
    except SettingsError as wrong:
        raise SystemExit(f"settings: {wrong}") from None
