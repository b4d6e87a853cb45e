"""The engine on public linkage data whose truth is known: deterministic rules only, no fuzzy comparison.

The composites are exact parts, as a bank would declare them in the identifier rules. The figures are printed (`-s`) and
stand in docs/benchmarks.md beside the published ones.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR
from tests.identity.engine import Engine
from tests.identity.oracle import Link

FOLDER = Path(os.environ.get("CARDINAL_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data") / "linkage"
FAKE_RULES = (
    ("email",), ("first_name", "surname", "dob"), ("surname", "dob", "city"), ("first_name", "dob", "city"),
    ("first_name", "surname", "city"),
)  # fmt: skip
FEBRL_RULES = (
    ("soc_sec_id",), ("given_name", "surname", "date_of_birth"), ("surname", "date_of_birth", "postcode"),
    ("given_name", "date_of_birth", "postcode"), ("given_name", "surname", "address_1", "postcode"),
    ("date_of_birth", "address_1", "street_number"), ("given_name", "date_of_birth", "suburb"),
    ("surname", "date_of_birth", "suburb"),
)  # fmt: skip


def read(name: str) -> list[dict[str, str]]:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"the public linkage data isn't in {path.parent}")
    with path.open(encoding="utf-8") as lines:
        return [
            {key: value.strip().lower() for key, value in row.items()}
            for row in csv.DictReader(lines, skipinitialspace=True)
        ]


def clusters(rows: list[dict[str, str]], rules: Iterable[tuple[str, ...]]) -> list[int]:
    """Return the person of each row, rows being linked by what they show under each rule."""
    values: dict[tuple[int, tuple[str, ...]], int] = {}
    links = []
    for record, row in enumerate(rows, 1):
        for type_no, parts in enumerate(rules, 1):
            shown = tuple(row[part] for part in parts)
            if all(shown):
                value = values.setdefault((type_no, shown), 10_000_000 + len(values))
                links.append(Link(record, value, type_no, "person", type_no * 10**8 + len(links)))
    engine = Engine()
    engine.show(links, {})
    person = engine.stitch().person
    return [person.get(record, record) for record in range(1, len(rows) + 1)]


def told(name: str, found: tuple[float, float, float]) -> None:
    print(f"{name}: precision {found[0]:.4f}, recall {found[1]:.4f}, F1 {found[2]:.4f}")


def pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def scores(found: list[int], truth: list[str]) -> tuple[float, float, float]:
    """Return pairwise precision, recall and F1."""
    both = pairs(Counter(zip(found, truth, strict=True)).values())
    precision = both / max(pairs(Counter(found).values()), 1)
    recall = both / pairs(Counter(truth).values())
    return precision, recall, 2 * precision * recall / (precision + recall)


def test_a_thousand_records_with_errors() -> None:
    rows = read("fake_1000.csv")
    truth = [row["cluster"] for row in rows]
    email_alone = scores(clusters(rows, FAKE_RULES[:1]), truth)
    told("fake_1000, e-mail alone", email_alone)
    found = scores(clusters(rows, FAKE_RULES), truth)
    told("fake_1000, all rules", found)
    assert found[0] >= 0.99
    assert found[2] > email_alone[2]


def test_febrl_3() -> None:
    rows = read("dataset3.csv")
    truth = [row["rec_id"].split("-")[1] for row in rows]
    number_alone = scores(clusters(rows, FEBRL_RULES[:1]), truth)
    told("FEBRL 3, number alone", number_alone)
    found = scores(clusters(rows, FEBRL_RULES), truth)
    told("FEBRL 3, all rules", found)
    assert found[0] >= 0.999
    assert found[2] > 0.962, "the published figure of the number with name and date of birth"
