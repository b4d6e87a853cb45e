"""A program that reads published marts over and over, and says what it saw.

Each round opens the newest snapshot anew and asks groups of questions; the answers within a group must be the same,
which they are only if everything is of one build.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from cardinal.build import quoted
from cardinal.publishing.postgres_database import open_postgres
from cardinal.settings import PROJECT_DIR

PAUSE = 0.1
START_SECONDS = 180
BUILD = "select build_id from serving.cardinal.build"


@dataclass
class Sight:
    """What a reader saw: rounds it read, builds in the order of their first sight, and what went wrong."""

    rounds: int = 0
    builds: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, build: str, answers: list[list[list[tuple]]]) -> None:
        """Take note of one round: its build, and the answers to each group of questions."""
        self.rounds += 1
        if build not in self.builds:
            self.builds.append(build)
        elif build != self.builds[-1]:
            self.problems.append(f"{build} came back after {self.builds[-1]}")
        for group in answers:
            if any(answer != group[0] for answer in group):
                self.problems.append(f"{build}: {group}")


def read_files(published: Path, groups: list[list[str]], sight: Sight) -> None:
    """Read both files of one snapshot, then the stable path of one file alone."""
    folder = (published / "current").resolve()
    with duckdb.connect() as connection:
        for name in ("serving", "restricted"):
            connection.execute(f"attach '{quoted(folder / name)}.duckdb' as {name} (read_only)")
        _ask(connection, groups, sight)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(published / 'serving.duckdb')}' as serving (read_only)")
        _ask(connection, [[query for query in group if "restricted" not in query] for group in groups], sight)


def _ask(connection: duckdb.DuckDBPyConnection, groups: list[list[str]], sight: Sight) -> None:
    ((build,),) = connection.execute(BUILD).fetchall()
    sight.take(build, [[connection.execute(query).fetchall() for query in group] for group in groups if group])


def run_reader(published: Path, groups: list[list[str]], stop: Path, ready: Path) -> Sight:
    """Read files until told to stop; an error is a problem, and no reason to end."""
    sight = Sight()
    while not stop.exists():
        try:
            read_files(published, groups, sight)
        except (duckdb.Error, OSError) as error:
            sight.problems.append(f"{type(error).__name__}: {error}")
        ready.touch()
        time.sleep(PAUSE)
    return sight


def run_postgres_reader(url: str, statement: str, stop: Path, ready: Path) -> Sight:
    """Read PostgreSQL until told to stop: one statement over many tables, all of whose columns must say the same."""
    sight = Sight()
    with open_postgres(url) as database:
        while not stop.exists():
            try:
                (row,) = database.query(statement)
                sight.take(str(row[0]), [[[(value,)] for value in row]])
            except Exception as error:
                sight.problems.append(f"{type(error).__name__}: {error}")
            ready.touch()
            time.sleep(PAUSE / 5)
    return sight


@contextmanager
def readers(count: int, folder: Path, **task: object) -> Iterator[list[Sight]]:
    """Let so many processes read, from when all have begun; what they saw is in the list once the block has ended."""
    stop, sights = folder / "stop", []
    files = [folder / f"reader-{number}.json" for number in range(count)]
    for file in files:
        file.write_text(json.dumps({**task, "stop": str(stop), "ready": str(file.with_suffix(".ready"))}))
    command = [sys.executable, "-m", "tests.integration.snapshot_reader"]
    processes = [
        subprocess.Popen([*command, str(file)], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True) for file in files
    ]
    try:
        deadline = time.monotonic() + START_SECONDS
        while not all(file.with_suffix(".ready").exists() for file in files):
            assert time.monotonic() < deadline, "the readers didn't begin"
            time.sleep(PAUSE)
        yield sights
    finally:
        stop.touch()
        outputs = [process.communicate()[0] for process in processes]
    sights += [Sight(**json.loads(output)) for output in outputs]


def main(task: dict[str, Any]) -> None:
    """Do one reader's task, and say what it saw."""
    stop, ready = Path(task["stop"]), Path(task["ready"])
    if "url" in task:
        sight = run_postgres_reader(task["url"], task["statement"], stop, ready)
    else:
        sight = run_reader(Path(task["published"]), task["groups"], stop, ready)
    print(json.dumps(vars(sight)))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
