"""Serving marts in a real PostgreSQL: what arrives there, what never does, and what stays when loading fails."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest

from cardinal.publishing import postgres_swap
from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.postgres import PostgresPublication, publish_to_postgres
from cardinal.publishing.postgres_database import PostgresDatabase, open_postgres
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.settings import Settings
from tests.integration.postgres_server import PASSWORD, Server, running_server
from tests.unit.publishing.small_build import build_id, no_progress, write_build

NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def url(server: Server) -> str:
    """A database of the test's own."""
    name = f"test_{next(NUMBERS)}"
    with open_postgres(server.url()) as database:
        _alone(database, f"create database {name}")
    return server.url(database=name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def _alone(database: PostgresDatabase, statement: str) -> None:
    """Run what PostgreSQL runs outside of transactions only."""
    database.connection.execute("call postgres_execute('target', ?, use_transaction := false)", [statement])


def publish(settings: Settings, url: str, number: int, rows: int = 100) -> PostgresPublication:
    write_build(settings, number, rows=rows)
    return publish_again(settings, url)


def publish_again(settings: Settings, url: str) -> PostgresPublication:
    return publish_to_postgres(url, publish_snapshot(settings, no_progress), no_progress)


def ask(url: str, sql: str) -> list[tuple]:
    with open_postgres(url) as database:
        return database.query(sql)


def do(url: str, sql: str) -> None:
    with open_postgres(url) as database:
        database.execute(sql)


def schemas(url: str) -> set[str]:
    rows = ask(url, "select nspname::text from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$'")
    return {schema for (schema,) in rows}


def test_serving_marts_arrive_with_keys_and_the_build_that_they_are_of(settings: Settings, url: str) -> None:
    done = publish(settings, url, 1)
    assert done == PostgresPublication(is_new=True, tables=5, notes=[])
    assert schemas(url) == {"marts", "segments", "cardinal"}
    assert ask(url, "select count(*), sum(amount), min(build_no) from marts.amounts") == [(100, 0, 1)]
    assert ask(url, "select build_id, state from cardinal.build") == [(build_id(1), "passed")]
    keys = ask(
        url,
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
        " where contype = 'p' and conrelid >= 16384 order by 1",
    )
    assert keys == [("marts.amounts", "PRIMARY KEY (amount_id)"), ("marts.counts", "PRIMARY KEY (person_id)")]
    assert ask(url, "select reltuples::int from pg_class where oid = 'marts.amounts'::regclass") == [(100,)]


def test_what_shows_people_never_goes_there(settings: Settings, url: str) -> None:
    publish(settings, url, 1)
    columns = ask(url, "select count(*) from pg_attribute where attname = 'full_name'")
    assert columns == [(0,)]
    assert ask(url, "select count(*) from pg_class where relname = 'names'") == [(0,)]


def test_the_next_build_takes_the_place_of_the_last_and_nothing_is_left(settings: Settings, url: str) -> None:
    publish(settings, url, 1)
    assert publish(settings, url, 2).is_new
    assert schemas(url) == {"marts", "segments", "cardinal"}
    assert ask(url, "select distinct build_no from marts.counts") == [(2,)]
    again = publish_again(settings, url)
    assert again == PostgresPublication(is_new=False, tables=5, notes=[])


def test_a_load_that_fails_leaves_what_readers_see(
    settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, url, 1)
    write_build(settings, 2)
    load = PostgresDatabase.load

    def fail_midway(self: PostgresDatabase, sql: str) -> None:
        load(self, sql.replace("from snapshot", "from nowhere") if "counts" in sql else sql)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresDatabase, "load", fail_midway)
        with pytest.raises(PublishingError, match="PostgreSQL: "):
            publish_again(settings, url)
    assert "marts__loading" in schemas(url)
    assert ask(url, "select distinct build_no from marts.counts") == [(1,)]
    assert publish_again(settings, url).is_new
    assert schemas(url) == {"marts", "segments", "cardinal"}
    assert ask(url, "select distinct build_no from marts.counts") == [(2,)]


def test_a_schema_of_somebody_else_is_left_alone(settings: Settings, url: str) -> None:
    do(url, "create schema marts; create table marts.mine as select 1 as one")
    with pytest.raises(PublishingError, match="has a schema marts that isn't Cardinal's"):
        publish(settings, url, 1)
    assert ask(url, "select one from marts.mine") == [(1,)]
    assert schemas(url) == {"marts"}


def test_who_could_read_before_can_read_after(settings: Settings, url: str, server: Server) -> None:
    publish(settings, url, 1)
    do(url, f'create role "BI tool" login password \'{PASSWORD}\'; grant usage on schema marts to "BI tool"')
    do(url, 'grant select on marts.counts to "BI tool"; grant select on marts.amounts to public')
    publish(settings, url, 2)
    reader = server.url(user="BI%20tool", database=url.rpartition("/")[2])
    assert ask(reader, "select distinct build_no from marts.counts") == [(2,)]
    with pytest.raises(PublishingError, match="permission denied"):
        ask(reader, "select * from segments.segment_membership")
    do(url, 'drop owned by "BI tool"; drop role "BI tool"')


def test_views_of_others_keep_the_old_tables_and_are_named(settings: Settings, url: str) -> None:
    publish(settings, url, 1)
    do(url, "create schema bi; create view bi.totals as select sum(amount) as total from marts.amounts")
    done = publish(settings, url, 2)
    assert done.notes == ["marts__build-00 stays, because bi.totals still read it: create them anew"]
    assert ask(url, "select total from bi.totals") == [(0,)]
    do(url, "create or replace view bi.totals as select sum(amount) as total from marts.amounts")
    assert publish_again(settings, url).notes == []
    assert schemas(url) == {"marts", "segments", "cardinal", "bi"}


def test_a_session_that_keeps_a_table_locked_delays_and_does_not_prevent(
    settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_swap, "LOCK_SECONDS", 2.0)
    publish(settings, url, 1)
    with open_postgres(url) as reader:
        reader.connection.execute("begin")
        assert reader.query("select distinct build_no from marts.counts") == [(1,)]
        done = publish(settings, url, 2)
        assert done.notes[0] == "sessions kept tables locked, so the switch didn't wait for what they read"
        assert done.notes[1] == "marts__build-00 stays until the next publication, because somebody is still reading it"
        reader.connection.execute("rollback")
    assert ask(url, "select distinct build_no from marts.counts") == [(2,)]
    assert publish_again(settings, url).notes == []
    assert schemas(url) == {"marts", "segments", "cardinal"}


TYPES = {
    "tiny": ("cast(200 as utinyint)", "200"),
    "unsigned": ("cast(18446744073709551615 as ubigint)", "18446744073709551615"),
    "huge": ("cast(99999999999999999999999999999999999999 as hugeint)", "99999999999999999999999999999999999999"),
    "money": ("cast(1.23 as decimal(18, 2))", "1.23"),
    "mood": ("cast('good' as enum('good', 'bad'))", "good"),
    "words": ("['a', 'b c', null]", '{a,"b c",NULL}'),
    "numbers": ("[1, 2]", "{1,2}"),
    "day": ("date '2026-02-28'", "2026-02-28"),
    "moment": ("timestamp '2026-02-28 23:59:59.999999'", "2026-02-28 23:59:59.999999"),
    "nothing": ("cast(null as varchar)", None),
    "thai": ("'สมชาย'", "สมชาย"),
    "truth": ("true", "true"),
}  # fmt: skip


def test_types_arrive_with_their_values(settings: Settings, url: str) -> None:
    write_build(settings, 1)
    columns = ", ".join(f"{value} as {name}" for name, (value, _) in TYPES.items())
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.execute(f"create or replace table marts.counts as select 'p1' as person_id, {columns}")
    publish_again(settings, url)
    shown = ", ".join(f"{name}::text" for name in TYPES)
    assert ask(url, f"select {shown} from marts.counts") == [tuple(value for _, value in TYPES.values())]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("{'a': 1} as both", r"no type for marts\.counts\.both \(struct\)"),
        ("map {'a': 1} as pairs, cast(1 as uhugeint) as n", r"counts\.pairs \(map\), marts\.counts\.n \(uhugeint\)"),
        ("[[1]] as nested", r"no type for marts\.counts\.nested"),
        (f"1 as {'x' * 64}", "cuts names after 63 bytes: shorten x+"),
    ],
)
def test_what_has_no_type_there_is_refused_before_anything_is_changed(
    settings: Settings, url: str, columns: str, said: str
) -> None:
    publish(settings, url, 1)
    write_build(settings, 2)
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.execute(f"create or replace table marts.counts as select 'p1' as person_id, {columns}")
    with pytest.raises(PublishingError, match=said):
        publish_again(settings, url)
    assert schemas(url) == {"marts", "segments", "cardinal"}
    assert ask(url, "select distinct build_no from marts.counts") == [(1,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("127.0.0.1", "127.0.0.2"), "Connection refused"),
        ((PASSWORD, "wr0ng secret"), 'password authentication failed for user "cardinal"'),
        (("/postgres", "/nowhere"), 'database "nowhere" does not exist'),
        (("%20", " "), "the URL can't be read"),
        (("127.0.0.1:", "127.0.0.1:secret"), "the URL can't be read"),
        (("postgresql://", "mysql://"), "is no URL like postgresql://"),
        (("/postgres", "/postgres?sslmode=nonsense&password=hushhush"), "the URL can't be read"),
    ],
)
def test_no_part_of_the_address_is_in_an_error(server: Server, change: tuple[str, str], said: str) -> None:
    before, after = change
    url = server.url(password=after) if before == PASSWORD else server.url().replace(before, after, 1)
    with pytest.raises(PublishingError, match=said) as caught, open_postgres(url):
        pytest.fail("it connected")
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    for secret in (PASSWORD, url, url.partition("@")[0], "s3cret", "wr0ng", "hushhush"):
        assert secret not in told.replace(__file__, "")


def test_no_part_of_the_address_is_in_an_error_of_a_statement(server: Server) -> None:
    with open_postgres(server.url()) as database:
        with pytest.raises(PublishingError, match='relation "nowhere" does not exist') as caught:
            database.query("select * from nowhere")
        with pytest.raises(PublishingError) as leaking:
            database.query(f"select '{PASSWORD}'::integer")
    assert PASSWORD not in str(leaking.value)
    assert caught.value.__context__ is None


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardinal.publishing.postgres_database.find_spec", lambda _: None)
    version = duckdb.__version__
    said = f"PostgreSQL needs one more package: pip install 'duckdb-extension-postgres-scanner=={version}'"
    with pytest.raises(PublishingError, match=said), open_postgres("postgresql://nobody@nowhere/nothing"):
        pytest.fail("it connected")
