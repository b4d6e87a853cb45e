"""How a value is recognised without being kept: one writing of it, and the keyed hash of that."""

from __future__ import annotations

import duckdb

from cardinal.importers.normalising import email_sql, phone_sql
from cardinal.ingestion.protection import hashed, key_parameters
from cardinal.privacy.texts import NAMED, words_sql
from cardinal.settings import Settings

# What separates the values of a line, of JSON, of a list as text.
SEPARATORS = "[\",;|\\t\\r\\n\\[\\]{}\\x1f']+|: +"
# A shorter text tells nobody; a number of few digits is an amount.
SHORTEST = 6


def canonical(settings: Settings, kind: str, text: str) -> str:
    """SQL for the one writing of a value, so that what is written in two ways is recognised; null stays null."""
    plain = f"nullif(trim({text}), '')"
    if kind == "email":
        return f"coalesce({email_sql(text, settings.project_dir)}, lower({plain}))"
    if kind == "phone":
        digits = f"nullif(regexp_replace({text}, '[^0-9]', '', 'g'), '')"
        return f"coalesce({phone_sql(text, settings.country, settings.project_dir)}, {digits})"
    if kind == "full_name":
        return f"lower(regexp_replace({plain}, '\\s+', ' ', 'g'))"
    return plain


def hash_sql(settings: Settings, kind: str, text: str) -> str:
    """SQL for the keyed hash of a value already in its one writing. Its parameters are those of `keys`."""
    return hashed(f"('erased ' || {kind} || ' ' || {text})", settings.project_dir)


def keys(settings: Settings) -> dict[str, str]:
    """Return the parameters of the query that hashes: the home's key never stands in its text."""
    return key_parameters(settings.national_id_key())


def hash_values(connection: duckdb.DuckDBPyConnection, settings: Settings, relation: str, target: str) -> None:
    """Make the temporary table `target` (kind, text, writing, hash) of the relation's columns `kind` and `text`.

    text: as it was read; writing: the one writing of it. What can't be recognised has no row.
    """
    kinds = [kind for (kind,) in connection.execute(f"select kind from {relation} group by kind").fetchall()]
    writings = " ".join(f"when '{kind}' then {canonical(settings, kind, 'text')}" for kind in sorted(kinds))
    writing = f"case kind {writings} end" if kinds else "text"
    connection.execute(
        f"""
        create or replace temporary table {target} as
        select kind, text, writing, {hash_sql(settings, "kind", "writing")} as hash
        from (select kind, text, {writing} as writing from {relation} group by kind, text)
        where writing is not null
        """,
        keys(settings),
    )


def find_rows(connection: duckdb.DuckDBPyConnection, relation: str, text: str, values: str, target: str) -> int:
    """Make the temporary table `target` (number) of the rows in which a value stands by itself; return how many.

    For what isn't told by columns: payloads, logs, lines that broke their contract. relation: has a column `number`.
    text: SQL of the row as one text, as `texts` makes it. values: table (kind, text).
    """
    connection.execute(
        f"""
        create or replace temporary table {target} as
        select number
        from (select number, unnest(regexp_split_to_array({text}, $separators)) as word from {relation})
        where if(contains(word, '{NAMED}'), lower(trim(word, ' :')), trim(word, ' :'))
            in ({words_sql(values, SHORTEST)})
        group by number
        """,
        {"separators": SEPARATORS},
    )
    return int(connection.execute(f"select count(*) from {target}").fetchall()[0][0])


def collect_words(connection: duckdb.DuckDBPyConnection, relation: str, text: str, kinds: str, target: str) -> None:
    """Add the words of rows to a table `target` (kind, text), as each kind of a table `kinds` that they may be."""
    connection.execute(
        f"""
        insert into {target}
        select kinds.kind, words.word
        from (
            select trim(word, ' :') as word
            from (select unnest(regexp_split_to_array({text}, $separators)) as word from {relation})
            group by all
        ) as words
        inner join (select kind from {kinds} group by kind) as kinds on
            case kinds.kind
                when 'email' then contains(words.word, '@')
                when 'phone' then regexp_matches(words.word, '^[+(]?\\p{{Nd}}[-\\p{{Nd}} ().]{{6,}}$')
                else not contains(kinds.kind, '.')
            end
        where length(words.word) >= {SHORTEST}
        """,
        {"separators": SEPARATORS},
    )
