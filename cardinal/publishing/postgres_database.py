"""A PostgreSQL database, reached through DuckDB's extension, whose address never appears in a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from cardinal.build import quoted
from cardinal.publishing.build_state import PublishingError

if TYPE_CHECKING:
    import duckdb

PACKAGE = "duckdb-extension-postgres-scanner"
CONNECT_SECONDS = 10
# What server and network say of themselves; anything else may quote the address, with the password in it.
HARMLESS = re.compile(
    r"FATAL: .*|Connection refused|timeout expired|No such file or directory|Network is unreachable"
    r"|No route to host|server does not support SSL.*"
)


class PostgresDatabase:
    """An attached database, named `target` in the connection's SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, url: str) -> None:
        self.connection = connection
        self._secrets = _secrets_of(url)

    def query(self, sql: str) -> list[tuple[str, ...]]:
        """Return the rows of a query that PostgreSQL runs."""
        return self._run("select * from postgres_query('target', ?)", [sql]).fetchall()

    def execute(self, sql: str) -> None:
        """Let PostgreSQL run statements, all of them in one transaction."""
        self._run("call postgres_execute('target', ?)", [sql])

    def load(self, sql: str) -> None:
        """Run a statement of DuckDB that writes to `target`, which knows what was created meanwhile."""
        self._run("call pg_clear_cache()", [])
        self._run(sql, [])

    def _run(self, sql: str, parameters: list[str]) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            return self.connection.execute(sql, parameters)
        except duckdb.Error as error:
            problem = str(error)
        # Raised out of the handler, so that the error carries the other one, which may quote the address, nowhere.
        raise PublishingError(f"PostgreSQL: {self._scrub(problem)}")

    def _scrub(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        told = re.search(r"(ERROR|FATAL):\s*(.+)", message)
        return told[2] if told else message.splitlines()[0]


@contextmanager
def open_postgres(url: str) -> Iterator[PostgresDatabase]:
    """Connect to the database of a URL, postgresql://user:password@host/database.

    Raises:
        PublishingError: The extension is missing, the URL is none, or the server can't be reached.
    """
    import duckdb

    extension = _find_extension()
    address = _with_timeout(url)
    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    ) as connection:
        connection.execute(f"load '{quoted(extension)}'")
        problem = ""
        try:
            connection.execute(f"attach '{address.replace(chr(39), chr(39) * 2)}' as target (type postgres)")
        except duckdb.Error as error:
            found = HARMLESS.search(str(error))
            problem = found[0] if found else "the URL can't be read, or nothing answers there"
        if problem:
            raise PublishingError(f"can't connect to PostgreSQL at CARDINAL_POSTGRES_URL: {problem}")
        yield PostgresDatabase(connection, url)


def _find_extension() -> Path:
    import duckdb

    package = find_spec(PACKAGE.replace("-", "_"))
    if package is None or package.origin is None:
        raise PublishingError(f"PostgreSQL needs one more package: pip install '{PACKAGE}=={duckdb.__version__}'")
    folder = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}"
    file = folder / "postgres_scanner.duckdb_extension"
    if not file.exists():
        raise PublishingError(
            f"the installed {PACKAGE} is for another DuckDB than {duckdb.__version__}:"
            f" pip install '{PACKAGE}=={duckdb.__version__}'"
        )
    return file


def _with_timeout(url: str) -> str:
    problem = PublishingError("CARDINAL_POSTGRES_URL is no URL like postgresql://user:password@host:5432/database")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise problem from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise problem
    given = parse_qsl(parts.query, keep_blank_values=True)
    if "connect_timeout" in dict(given):
        return url
    return urlunsplit(parts._replace(query=urlencode([*given, ("connect_timeout", str(CONNECT_SECONDS))])))


def _secrets_of(url: str) -> list[str]:
    """Return what of a URL may stand in no message, the longest first."""
    parts = urlsplit(url)
    password = parts.password or ""
    hidden = {url, parts.netloc, password, unquote(password), *(value for _, value in parse_qsl(parts.query))}
    return sorted((secret for secret in hidden if len(secret) > 2), key=len, reverse=True)
