"""The rule of person ids in SQL against a slow, direct one in Python, over random histories of a few records."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.house import House

MODELS = ("int_identity__persons", "int_identity__causeless_id_changes", "int_identity__id_ledger")
RECORDS, VALUES = range(6), range(10, 15)
CUSTOMERS = {0, 3}
BEGIN = datetime(2030, 1, 1)
Key = tuple[str, int]

# What a build finds: the records that are there, with their strong and weak values.
states = st.dictionaries(
    st.sampled_from(RECORDS),
    st.tuples(st.frozensets(st.sampled_from(VALUES), max_size=2), st.frozensets(st.sampled_from(VALUES), max_size=1)),
    max_size=len(RECORDS),
)
# A record arrives with the build in which it is first seen, or with a date before it.
histories = st.lists(st.tuples(states, st.integers(0, 3)), min_size=2, max_size=7)


def address(record: int) -> str:
    return f"core_banking.customers:{record}" if record in CUSTOMERS else f"s.t:{record}"


@dataclass
class Cluster:
    """One person as a build finds it."""

    records: dict[int, datetime]
    values: dict[int, tuple[bool, datetime]]


@dataclass
class KnownId:
    """What is remembered of an id."""

    record: int
    first: datetime
    is_current: bool = True
    target: str | None = None
    holdings: dict[Key, tuple[int, datetime, bool]] = field(default_factory=dict)

    def age(self, name: str) -> tuple:
        return (self.first.date(), self.record not in CUSTOMERS, self.record, name)


def find_clusters(state: dict, arrivals: dict[int, datetime]) -> list[Cluster]:
    """Records that share a strong value are one person."""
    clusters: list[Cluster] = []
    for record in sorted(state):
        strong, _ = state[record]
        joined = [one for one in clusters if any(strong & state[other][0] for other in one.records)]
        clusters = [one for one in clusters if one not in joined]
        clusters.append(
            Cluster({record: arrivals[record]} | {r: at for one in joined for r, at in one.records.items()}, {})
        )
    for one in clusters:
        if any(state[record][0] for record in one.records):
            for record, arrived in one.records.items():
                for value in state[record][0] | state[record][1]:
                    held = any(value in state[other][0] for other in one.records)
                    known = one.values.get(value, (held, arrived))
                    one.values[value] = (held, min(known[1], arrived))
    return clusters


class Oracle:
    """Remembers ids between builds and names persons by the rule as it is documented."""

    def __init__(self) -> None:
        self.ids: dict[str, KnownId] = {}
        self.build_no = 0
        self.last_time: datetime | None = None

    def build(self, clusters: list[Cluster], now: datetime) -> tuple[dict[int, str], set[tuple]]:
        """Return the id of each record's person, and the changes of ids."""
        claimed = {name: self._claim(known, clusters) for name, known in self.ids.items()}
        names: list[str] = []
        for place, one in enumerate(clusters):
            claims = [name for name, claim in claimed.items() if claim == place]
            if claims:
                names.append(min(claims, key=lambda name: (not self.ids[name].is_current, *self.ids[name].age(name))))
            else:
                names.append(self._new_name(self._first_record(one)))
        changes = self._begin(clusters, names, claimed) | self._end(names, claimed)
        moved = self._hold(clusters, names, now)
        if changes or moved:
            self.build_no += 1
            self.last_time = now
        return {record: names[place] for place, one in enumerate(clusters) for record in one.records}, changes

    def _claim(self, known: KnownId, clusters: list[Cluster]) -> int | None:
        held = [
            ((number, since.date(), kind == "value", key), place)
            for (kind, key), (number, since, is_held) in known.holdings.items()
            if is_held and (place := self._place(kind, key, clusters)) is not None
        ]
        return min(held)[1] if held else None

    @staticmethod
    def _place(kind: str, key: int, clusters: list[Cluster]) -> int | None:
        for place, one in enumerate(clusters):
            if key in one.records if kind == "record" else one.values.get(key, (False,))[0]:
                return place
        return None

    @staticmethod
    def _first_record(one: Cluster) -> int:
        return min(one.records, key=lambda record: (one.records[record].date(), record not in CUSTOMERS, record))

    def _new_name(self, record: int) -> str:
        generation = sum(known.record == record for known in self.ids.values())
        salted = address(record) + (f"#{generation}" if generation else "")
        return "p" + hashlib.md5(salted.encode()).hexdigest()[:24]  # noqa: S324 - no secret

    def _begin(self, clusters: list[Cluster], names: list[str], claimed: dict[str, int | None]) -> set[tuple]:
        changes, born = set(), {}
        for place, (name, one) in enumerate(zip(names, clusters, strict=True)):
            known = self.ids.get(name)
            if known and known.is_current:
                continue
            owners = [
                other
                for other, had in self.ids.items()
                if had.is_current
                and any(h and self._place(*key, clusters) == place for key, (_, _, h) in had.holdings.items())
            ]
            origin = min(owners, key=lambda other: self.ids[other].age(other)) if owners else None
            if known and known.target:
                origin = known.target
            changes.add((name, "split" if origin else "created", origin))
            if not known:
                first = self._first_record(one)
                born[name] = KnownId(first, one.records[first], is_current=False)
        for name, known in born.items():
            self.ids[name] = known
            known.holdings["record", known.record] = (self.build_no + 1, known.first, True)
        return changes

    def _end(self, names: list[str], claimed: dict[str, int | None]) -> set[tuple]:
        changes, targets = set(), {}
        for name, known in self.ids.items():
            if name in names:
                continue
            place = claimed[name]
            target = names[place] if place is not None else None
            if target is None and known.target:
                heir = claimed[known.target]
                target = known.target if known.target in names else names[heir] if heir is not None else None
            if known.is_current or target != known.target:
                changes.add((name, "merged" if target else "retired", target))
            targets[name] = target
        for name, known in self.ids.items():
            known.is_current, known.target = name in names, targets.get(name)
        return changes

    def _hold(self, clusters: list[Cluster], names: list[str], now: datetime) -> bool:
        moved = False
        for name, one in zip(names, clusters, strict=True):
            known = self.ids[name]
            present: dict[Key, tuple[datetime, bool]] = {
                ("value", value): (arrived, held) for value, (held, arrived) in one.values.items()
            }
            if known.record in one.records:
                present["record", known.record] = (one.records[known.record], True)
            for key in [key for key in known.holdings if key not in present]:
                del known.holdings[key]
                moved = True
            for key, (arrived, held) in present.items():
                if key not in known.holdings or known.holdings[key][2] != held:
                    since = arrived if self.last_time is None or arrived > self.last_time else now
                    known.holdings[key] = (self.build_no + 1, since, held)
                    moved = True
        return moved


@pytest.fixture(scope="session")
def rule(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the models that name persons, over a ledger in a table."""
    target = tmp_path_factory.mktemp("target")
    result = house.dbt("compile", "--select", *MODELS, "--target-path", str(target))
    assert result.returncode == 0, result.stdout[-3000:]
    folder = target / "compiled" / "cardinal" / "models" / "intermediate" / "identity"
    return {model: _over_a_table((folder / f"{model}.sql").read_text()) for model in MODELS}


def _over_a_table(sql: str) -> str:
    changed, count = re.subn(r"from read_parquet\([^)]*\)", "from ledger", sql)
    assert count == 1, "the model doesn't read the ledger of the lake"
    return changed


class Warehouse:
    """Runs the models' SQL on clusters, build after build."""

    def __init__(self, rule: dict[str, str]) -> None:
        self.rule = rule
        self.connection = duckdb.connect()
        self.connection.execute("""
            set threads = 1;
            attach ':memory:' as warehouse;
            create schema warehouse.intermediate;
            use warehouse.intermediate;
            create table ledger (
                change_no integer, changed_at timestamp, person_id varchar, change_type varchar,
                other_person_id varchar, record_key ubigint, value_key ubigint, identifier_type varchar,
                is_customer boolean, valid_from timestamp
            );
            create table int_identity__records (
                source_name varchar, table_name varchar, record_id varchar, record_key ubigint, is_customer boolean,
                first_ingested_at timestamp, person_key ubigint, reach_key ubigint
            );
            create table int_identity__person_values (
                person_key ubigint, value_key ubigint, identifier_type varchar, is_held boolean,
                first_ingested_at timestamp
            );
            create table int_identity__record_identifiers (ingested_at timestamp);
            create schema warehouse.lake;
            create table lake.files (ingest_date date);
        """)

    def build(self, clusters: list[Cluster], now: datetime) -> tuple[dict[int, str], set[tuple], int, list]:
        """Return record -> id, the changes of ids, how many rows the ledger grew by, and causeless changes."""
        records, values = [], []
        for one in clusters:
            person = min(one.records)
            for record, arrived in one.records.items():
                source, table = address(record).split(":")[0].split(".")
                records.append((source, table, str(record), record, record in CUSTOMERS, arrived, person, person))
            values += [(person, value, "login", held, arrived) for value, (held, arrived) in one.values.items()]
        self._fill("int_identity__records", records)
        self._fill("int_identity__person_values", values)
        self._fill("int_identity__record_identifiers", [(now,)])
        self._fill("lake.files", [(now.date(),)])
        for model in MODELS:
            self.connection.execute(f"create or replace table {model} as {self.rule[model]}")
        names = dict(
            self._rows("""
            select record_key, person_id from int_identity__persons inner join int_identity__records using (person_key)
        """)
        )
        grown = "from int_identity__id_ledger where change_no > (select coalesce(max(change_no), 0) from ledger)"
        changes = self._rows(
            f"select person_id, change_type, other_person_id {grown}"
            " and change_type in ('created', 'split', 'merged', 'retired')"
        )
        (growth,) = self._rows(f"select count(*) {grown}")[0]
        causeless = self._rows("select * from int_identity__causeless_id_changes")
        self.connection.execute("create or replace table ledger as select * from int_identity__id_ledger")
        return names, set(changes), growth, causeless

    def _fill(self, table: str, rows: list[tuple]) -> None:
        self.connection.execute(f"delete from {table}")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"insert into {table} values ({marks})", rows)

    def _rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


def arrive(history: Iterable[tuple[dict, int]]) -> Iterable[tuple[list[Cluster], datetime]]:
    """Give each build its day, and each record its arrival; one that comes back arrives anew."""
    arrivals: dict[int, datetime] = {}
    for number, (state, days_late) in enumerate(history):
        now = BEGIN + timedelta(days=10 * number)
        arrivals = {record: arrivals.get(record, now - timedelta(days=days_late * 7)) for record in state}
        yield find_clusters(state, arrivals), now


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(history=histories)
def test_persons_are_named_by_the_rule(history: list, rule: dict[str, str]) -> None:
    oracle, warehouse = Oracle(), Warehouse(rule)
    for clusters, now in arrive(history):
        expected, expected_changes = oracle.build(clusters, now)
        names, changes, _, causeless = warehouse.build(clusters, now)
        assert names == expected
        assert changes == expected_changes
        assert causeless == []
        assert len(set(names.values())) == len(clusters), "two persons share an id"
        again, changes, growth, _ = warehouse.build(clusters, now)
        assert (again, changes, growth) == (names, set(), 0), "a second build changed something"
