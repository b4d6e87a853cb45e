"""`cardinal identity` on a demo bank: the macro tells the same chains, and trying rules touches nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cardinal.identity.rule_file import SEED
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

PROJECT_PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt")
# One record of each of two tables that is two steps or more from the other: a customer number on one side alone.
FAR_PAIR = """
    select min(one.address), min(other.address)
    from (
        select source || '.' || table_name || ':' || record_id as address, person_id, source, table_name, record_id
        from marts.person_records
        where table_name = 'customers'
    ) as one
    inner join (
        select source || '.' || table_name || ':' || record_id as address, person_id, source, table_name, record_id
        from marts.person_records
    ) as other on one.person_id = other.person_id
    where not exists (
        select 1 from intermediate.int_identity__record_identifiers as a
        inner join intermediate.int_identity__record_identifiers as b on a.value_key = b.value_key
        where a.source_name = one.source and a.table_name = one.table_name and a.record_id = one.record_id
            and b.source_name = other.source and b.table_name = other.table_name and b.record_id = other.record_id
    )
    group by one.person_id
    order by one.person_id
    limit 1
"""


def cardinal(house: House, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cardinal", *arguments],
        cwd=PROJECT_DIR,
        env={**house.environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def hashes(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(home.rglob("*"))
    }


def test_explain_and_the_macro_tell_the_same_chain(house: House) -> None:
    one, other = house.query(FAR_PAIR)[0]
    done = cardinal(house, "identity", "explain", "--record", one, "--record", other)
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^  \d+\. (\S+ \S+) and (\S+ \S+) show the same", done.stdout, re.MULTILINE)
    assert len(told) > 1
    shown = house.dbt(
        *("--quiet", "show", "--output", "json", "--limit", "-1"),
        *("--inline", f"{{{{ identity_chain('{one}', '{other}') }}}}"),
    )
    assert shown.returncode == 0, shown.stdout
    rows = json.loads(shown.stdout[shown.stdout.index("{") :])["show"]
    records = [row["record"].replace(":", " ", 1) for row in rows]
    assert list(zip(records[::2], records[1::2], strict=True)) == told
    for value, _ in house.query(
        "select identifier_value, 1 from intermediate.int_identity__record_identifiers"
        f" where value_key in ({', '.join(str(row['value_key']) for row in rows)})"
    ):
        # A customer's own record is named by its number; everywhere else the number is masked.
        assert value not in done.stdout.replace(one.split(":")[1], "").replace(other.split(":")[1], "")


@pytest.mark.slow
def test_trying_rules_tells_what_a_build_would_make_and_touches_nothing(house: House, tmp_path: Path) -> None:
    rules = (PROJECT_DIR / SEED).read_text(encoding="utf-8")
    changed = re.sub(r"^(login,\d+),authenticated,", r"\1,observed,", rules, flags=re.MULTILINE)
    changed = re.sub(r"^(email,\d+),declared,", r"\1,verified,", changed, flags=re.MULTILINE)
    assert changed.count("observed,joins") == rules.count("observed,joins") + 1
    (tmp_path / "rules.csv").write_text(changed, encoding="utf-8")
    room = tmp_path / "room"
    room.mkdir()
    before, seed_before = hashes(house.home), (PROJECT_DIR / SEED).read_bytes()
    run = ("identity", "simulate", "--rules", str(tmp_path / "rules.csv"), "--examples", "2")
    done = cardinal(house, *run, TMPDIR=str(room))
    assert done.returncode == 0, done.stderr
    assert hashes(house.home) == before
    assert (PROJECT_DIR / SEED).read_bytes() == seed_before
    assert list(room.iterdir()) == []
    assert "login  evidence  authenticated  observed" in done.stdout
    assert re.search(r"Merged, the largest first:\n  p\w{24} would take in", done.stdout)
    assert re.search(r"Split, the largest first:\n  p\w{24} would fall into", done.stdout)

    project = tmp_path / "project"
    for name in PROJECT_PARTS:
        source, target = PROJECT_DIR / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (project / SEED).write_text(changed, encoding="utf-8")
    ruled = House(tmp_path / "ruled", project_dir=project)
    shutil.copytree(house.home, ruled.home)
    ruled.run("--full-refresh", "--select", "identifier_rules", "+person_records")
    question = "select count(distinct person_id) from marts.person_records"
    persons = f"persons +{house.query(question)[0][0]:,} +{ruled.query(question)[0][0]:,} "
    assert re.search(persons, done.stdout), (persons, done.stdout)
