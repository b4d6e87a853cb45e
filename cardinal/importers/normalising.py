"""What staging makes of telephone numbers and addresses, for lists that are looked at before they go in.

The rules are dbt macros and stand there only: here Jinja renders the same files for DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

FOLDERS = ("macros/cross_engine", "macros/normalise")
_NAMES = (
    "nfc",
    "regexp_replace_all",
    "matches_fully",
    "first_match",
    "phone_patterns",
    "normalise_phone",
    "normalise_email",
)


class _Returned(BaseException):
    """What a macro hands back with dbt's return()."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Exceptions:
    """What dbt calls when a macro can't go on."""

    def raise_compiler_error(self, message: str) -> None:
        raise ValueError(message)


class _Adapter:
    """Finds the form of a macro that DuckDB has."""

    def __init__(self, template: jinja2.Template) -> None:
        self._template = template

    def dispatch(self, name: str, _package: str) -> Callable[..., Any]:
        module = self._template.module
        return _as_function(getattr(module, f"duckdb__{name}", None) or getattr(module, f"default__{name}"))


def phone_sql(text: str, country: str, project_dir: Path) -> str:
    """SQL for the number in E.164; null if no numbering plan has it."""
    return str(_macros(project_dir)["normalise_phone"](text, country))


def email_sql(text: str, project_dir: Path) -> str:
    """SQL for the address; null if it can be no person's."""
    return str(_macros(project_dir)["normalise_email"](text))


def _as_function(macro: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return str(macro(*arguments)).strip()
        except _Returned as returned:
            return returned.value

    return call


def _give_back(value: Any) -> None:
    raise _Returned(value)


@cache
def _macros(project_dir: Path) -> dict[str, Callable[..., Any]]:
    # The result is SQL, not HTML: escaping would break it.
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701
    macros: dict[str, Callable[..., Any]] = {}
    for name in _NAMES:
        (path,) = (found for folder in FOLDERS for found in [project_dir / folder / f"{name}.sql"] if found.exists())
        template = environment.from_string(path.read_text(encoding="utf-8"))
        template.globals.update({"return": _give_back, "exceptions": _Exceptions()})
        template.globals["adapter"] = _Adapter(template)
        # Macros call each other by name, wherever they stand.
        template.globals.update({other: _later(macros, other) for other in _NAMES if other != name})
        macros[name] = _as_function(getattr(template.module, name))
    return macros


def _later(macros: dict[str, Callable[..., Any]], name: str) -> Callable[..., Any]:
    return lambda *arguments: macros[name](*arguments)
