"""Run the project's macros on a DuckDB connection without dbt, so that thousands of small graphs can be tried.

dbt renders each macro file with Jinja and gives it `run_query`, `return`, `adapter.dispatch`, `exceptions` and all
other macros by name. That is all the engine uses, and all that is stood in for here; the SQL is the
product's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import duckdb
import jinja2

from cardinal.settings import PROJECT_DIR

FOLDERS = ("cross_engine", "experiments", "identity", "journeys", "project")
MACRO_FOLDERS = tuple(f"macros/{folder}" for folder in FOLDERS)


class CompilerError(Exception):
    """What dbt raises for exceptions.raise_compiler_error."""


class _Returned(BaseException):
    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass(frozen=True)
class _Result:
    rows: list[tuple]

    @property
    def columns(self) -> list[Any]:
        return [_Column(values) for values in zip(*self.rows, strict=True)]


@dataclass(frozen=True)
class _Column:
    held: tuple

    def values(self) -> tuple:
        return self.held


class MacroRunner:
    """The macros as Python functions, bound to one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, **context: Any) -> None:
        """`context` is what else dbt gives to macros: var, ref, modules."""
        self.connection = connection
        environment = jinja2.Environment(  # noqa: S701 - it renders SQL
            extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
        )
        environment.globals |= {
            "run_query": self._run_query,
            "return": _give_back,
            "execute": True,
            "adapter": _Adapter(environment.globals),
            "exceptions": _Exceptions(),
            "log": lambda *_, **__: "",
            **context,
        }
        self.macros = environment.globals
        folders = [PROJECT_DIR / folder for folder in MACRO_FOLDERS]
        text = "\n".join(path.read_text() for folder in folders for path in sorted(folder.rglob("*.sql")))
        # Jinja keeps names with a leading underscore to their file; dbt doesn't.
        text = re.sub(r"(?<![\w.])_(\w+)\(", r"private_\1(", text)
        found: dict[str, Callable[..., Any]] = {}
        # A template copies the globals when it is loaded, so every name must be there before the first is; and each
        # macro is a template of its own, or it would call its neighbours past what catches their `return`.
        for name in re.findall(r"{%-? macro (\w+)", text):
            environment.globals[name] = _lazily(found, name)
        for macro in re.findall(r"{%-? macro .*?{%-? endmacro -?%}", text, re.DOTALL):
            module = environment.from_string(macro).module
            found |= {name: value for name, value in vars(module).items() if isinstance(value, jinja2.runtime.Macro)}

    def _run_query(self, sql: str) -> _Result:
        cursor = self.connection.execute(sql)
        return _Result(cursor.fetchall() if cursor.description else [])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = self.macros[name]
        return found


@dataclass(frozen=True)
class _Adapter:
    macros: Any

    def dispatch(self, name: str, _package: str) -> Callable[..., Any]:
        found: Callable[..., Any] = self.macros.get(f"duckdb__{name}") or self.macros[f"default__{name}"]
        return found


class _Exceptions:
    def raise_compiler_error(self, message: str) -> NoReturn:
        raise CompilerError(message)


def _give_back(value: Any) -> NoReturn:
    raise _Returned(value)


def _lazily(found: dict[str, Callable[..., Any]], name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return found[name](*arguments, **options)
        except _Returned as returned:
            return returned.value

    return call
