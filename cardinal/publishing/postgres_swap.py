"""Loaded schemas in the place of those that readers see, in one transaction, and what is left of the old ones."""

from __future__ import annotations

import random
import time

from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.postgres_columns import quoted_name
from cardinal.publishing.postgres_database import PostgresDatabase

# A schema with this comment is Cardinal's own; the build's id stands behind it.
MARK = "Published by Cardinal, build "
# Schemas of Cardinal's with this in their name are being loaded, or were shown before: marts__loading, marts__1f2e3d4c.
APART = "__"
LOADING = f"{APART}loading"
# PostgreSQL looks for deadlocks after a second (deadlock_timeout); who waits no longer than this is never in one.
LOCK_MILLISECONDS = 800
LOCK_SECONDS = 30.0
DROP_MILLISECONDS = 2000


def read_marks(database: PostgresDatabase) -> dict[str, str | None]:
    """Return the schemas of the database, with the build that they show; None if they aren't Cardinal's."""
    rows = database.query(
        "select nspname::text, obj_description(oid, 'pg_namespace') from pg_namespace"
        " where nspname !~ '^pg_' and nspname != 'information_schema' order by nspname"
    )
    return {schema: text.removeprefix(MARK) if (text or "").startswith(MARK) else None for schema, text in rows}


def swap_schemas(database: PostgresDatabase, loaded: list[tuple[str, str]], marks: dict[str, str | None]) -> list[str]:
    """Let readers see the loaded schemas instead of the old ones; returns notes.

    It locks the old tables first, so that no statement finds one table in the old schema and the next in the new one:
    whoever reads one of them holds it until the end of the transaction. Others would stand in line behind a lock that
    waits, so it waits less than a second at a time; after half a minute it does without.

    loaded: schema and name of the tables that lie in `<schema>__loading`. marks: as read_marks gives them.
    """
    old = {schema: build for schema, build in marks.items() if build and APART not in schema}
    tables = [f"{quoted_name(schema)}.{quoted_name(name)}" for schema in old for name in _tables_of(database, schema)]
    statements = [
        *_grants(database, list(old), loaded),
        *(_rename(schema, f"{schema}{APART}{build[:8]}") for schema, build in old.items()),
        *(_rename(schema + LOADING, schema) for schema in sorted({schema for schema, _ in loaded})),
    ]
    switch = "; ".join(statements)
    lock = f"set local statement_timeout = {LOCK_MILLISECONDS}; lock table {', '.join(tables)} in access exclusive mode"
    deadline = time.monotonic() + LOCK_SECONDS
    while tables and time.monotonic() < deadline:
        try:
            database.execute(f"{lock}; set local statement_timeout = 0; {switch}")
        except PublishingError:
            time.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - out of step with readers, no secret
        else:
            return []
    database.execute(switch)
    return ["sessions kept tables locked, so the switch didn't wait for what they read"] if tables else []


def drop_retired(database: PostgresDatabase) -> list[str]:
    """Drop the schemas that readers saw before, as far as nothing holds them; returns notes on those that stay."""
    notes = []
    for schema, build in read_marks(database).items():
        if not build or APART not in schema:
            continue
        name, tables = quoted_name(schema), _tables_of(database, schema)
        views = _views_on(database, schema)
        if views:
            notes.append(f"{schema} stays, because {', '.join(views)} still read it: create them anew")
            continue
        drop = f"drop table {', '.join(f'{name}.{quoted_name(table)}' for table in tables)}; " if tables else ""
        try:
            database.execute(f"set local lock_timeout = {DROP_MILLISECONDS}; {drop}drop schema {name}")
        except PublishingError:
            notes.append(f"{schema} stays until the next publication, because somebody is still reading it")
    return notes


def _rename(schema: str, name: str) -> str:
    return f"alter schema {quoted_name(schema)} rename to {quoted_name(name)}"


def _tables_of(database: PostgresDatabase, schema: str) -> list[str]:
    return [
        table
        for (table,) in database.query(
            "select c.relname::text from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid"
            f" where c.relkind = 'r' and n.nspname = {_text(schema)} order by c.relname"
        )
    ]


def _grants(database: PostgresDatabase, old: list[str], loaded: list[tuple[str, str]]) -> list[str]:
    """Return what gives who may read the old schemas and tables the same on the new ones."""
    names = ", ".join(_text(schema) for schema in old) or "null"
    grantee = "case granted.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(granted.grantee)) end"
    schemas = database.query(
        f"select nspname::text, {grantee} from pg_namespace, aclexplode(nspacl) as granted"
        f" where nspname in ({names}) and granted.privilege_type = 'USAGE' and granted.grantee != nspowner"
        " order by 1, 2"
    )
    tables = database.query(
        f"select n.nspname::text, c.relname::text, {grantee} from pg_class as c"
        " inner join pg_namespace as n on c.relnamespace = n.oid, aclexplode(c.relacl) as granted"
        f" where n.nspname in ({names}) and granted.privilege_type = 'SELECT' and granted.grantee != c.relowner"
        " order by 1, 2, 3"
    )
    new_schemas = {schema for schema, _ in loaded}
    return [
        *(
            f"grant usage on schema {quoted_name(schema + LOADING)} to {role}"
            for schema, role in schemas
            if schema in new_schemas
        ),
        *(
            f"grant select on {quoted_name(schema + LOADING)}.{quoted_name(table)} to {role}"
            for schema, table, role in tables
            if (schema, table) in loaded
        ),
    ]


def _views_on(database: PostgresDatabase, schema: str) -> list[str]:
    """Return the views of others that read a schema; renaming moved them along with it."""
    return [
        view
        for (view,) in database.query(
            "select distinct v.relnamespace::regnamespace::text || '.' || v.relname::text as name"
            " from pg_depend as d inner join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid"
            " inner join pg_class as v on r.ev_class = v.oid"
            " inner join pg_class as t on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid"
            f" where t.relnamespace = {_text(schema)}::regnamespace and v.relnamespace != t.relnamespace order by name"
        )
    ]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
