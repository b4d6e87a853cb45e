"""Where should phone numbers be normalised: in SQL, or by the phonenumbers library over distinct values?

Both ways run in this one process over the same written numbers; the ratio between them is what holds on
another machine.

    python -m benchmarks.phone_numbers --rows 1000000
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import phonenumbers
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner
from phonenumbers import PhoneNumberFormat

from cardinal.settings import PROJECT_DIR

COUNTRY = "TH"
SEED = 20261123


def compile_macro(country: str) -> str:
    """Return the SQL of normalise_phone over a column `written`."""
    with TemporaryDirectory() as directory:
        macros = [f"{PROJECT_DIR}/macros/{topic}" for topic in ("cross_engine", "normalise", "project")]
        Path(directory, "dbt_project.yml").write_text(
            f"name: cardinal\nconfig-version: 2\nprofile: memory\nvars: {{country: {country}}}\n"
            f"macro-paths: {macros}\nflags: {{send_anonymous_usage_stats: false}}\n"
        )
        Path(directory, "profiles.yml").write_text(
            "memory: {target: memory, outputs: {memory: {type: duckdb, path: ':memory:'}}}\n"
        )
        places = [
            "--project-dir",
            directory,
            "--profiles-dir",
            directory,
            "--target-path",
            f"{directory}/target",
        ]
        logging = ["--quiet", "--log-level", "none", "--log-path", directory]
        inline = f"{{{{ normalise_phone('written', '{country}') }}}}"
        result = dbtRunner().invoke([*logging, "compile", "--inline", inline, *places])
        if not isinstance(result.result, RunExecutionResult):
            raise SystemExit(f"dbt could not compile normalise_phone: {result.exception}")
        return str(getattr(result.result.results[0].node, "compiled_code", ""))


def read_with_library(written: str) -> str | None:
    """Return the number in E.164 if the library calls it valid."""
    try:
        number = phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if valid else None


def write_numbers(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Fill table `phones`: numbers as people write them, each three times."""
    chance = random.Random(SEED)  # noqa: S311
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    formats = [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL]
    values: list[str] = []
    for _ in range(rows // 3):
        kind = chance.random()
        if kind < 0.9:
            subscriber = f"{chance.choice(['81', '86', '89', '62', '95'])}{chance.randrange(10**7):07d}"
            values.append(
                chance.choice(["0{}", "+66{}", "66{}", "+66 (0){}", "0{}-", "0{} ext. 1"]).format(subscriber)
                if chance.random() < 0.5
                else f"0{subscriber[:2]}-{subscriber[2:5]}-{subscriber[5:]}"
            )
        elif kind < 0.93:
            example = phonenumbers.example_number(chance.choice(regions))
            if example is not None:
                values.append(phonenumbers.format_number(example, chance.choice(formats[:2])))
        else:
            values.append("".join(chance.choice("0123456789") for _ in range(chance.randint(1, 12))))
    connection.execute("create table distinct_phones as select distinct unnest(?) as written", [values])
    connection.execute(
        "create table phones as select written from distinct_phones, range(3) order by hash(written, range)"
    )


def main() -> None:
    """Measure both ways and print times, ratio and disagreements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    expression = compile_macro(COUNTRY)
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    write_numbers(connection, rows)

    started = time.perf_counter()
    connection.execute(f"create table by_sql as select written, {expression} as phone from phones")
    sql_seconds = time.perf_counter() - started

    started = time.perf_counter()
    values = [row[0] for row in connection.execute("select distinct written from phones").fetchall()]
    answers = [read_with_library(value) for value in values]
    connection.execute("create table answers as select unnest(?) as written, unnest(?) as phone", [values, answers])
    connection.execute("create table by_library as select * from phones left join answers using (written)")
    library_seconds = time.perf_counter() - started

    counted = connection.execute(
        """
        select
            count(*),
            count(*) filter (ours.phone is not distinct from theirs.phone),
            count(*) filter (ours.phone is null and theirs.phone is not null),
            count(*) filter (ours.phone is not null and theirs.phone is null),
            count(*) filter (ours.phone <> theirs.phone)
        from (select distinct * from by_sql) as ours
        join answers as theirs using (written)
        """
    ).fetchone()
    total, same, only_library, only_sql, different = counted or (0,) * 5
    print(f"rows {3 * total:,}, distinct {total:,}")
    print(f"SQL {sql_seconds:.2f} s, library over distinct values {library_seconds:.2f} s")
    print(f"ratio library / SQL {library_seconds / sql_seconds:.1f}")
    print(
        f"same {same:,}; null in SQL only {only_library:,} (junk rules); valid in SQL only {only_sql:,}; ",
        end="",
    )
    print(f"different {different:,}")


if __name__ == "__main__":
    main()
