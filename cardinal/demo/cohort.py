"""A cohort: some tens of thousands of people who are simulated together, and all that is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cardinal.demo.randomness import Array, stream

COHORT_PERSONS = 50_000


class Table:
    """Columns of equal length that grow at the end; a column is a NumPy array."""

    def __init__(self, **columns: Array) -> None:
        self.columns: dict[str, Array] = columns

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __setitem__(self, name: str, values: Array) -> None:
        self.columns[name] = values

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def append(self, **columns: Any) -> Array:
        """Add rows and return their positions; a scalar stands for all of them. Columns left out are 0."""
        size = max((np.size(value) for value in columns.values() if np.ndim(value)), default=1)
        if any(np.ndim(value) and len(value) == 0 for value in columns.values()):
            size = 0
        first = len(self)
        for name, old in self.columns.items():
            value = columns.pop(name, 0)
            new = np.broadcast_to(np.asarray(value), (size, *old.shape[1:])).astype(old.dtype)
            self.columns[name] = np.concatenate([old, new])
        if columns:
            raise KeyError(f"no such columns: {', '.join(columns)}")
        return np.arange(first, first + size)


def empty_table(**dtypes: str) -> Table:
    """Make a table without rows; `i` columns hold integers, `f` reals, `b` booleans."""
    kinds = {"i": np.int64, "f": np.float64, "b": np.bool_}
    return Table(**{name: np.zeros(0, dtype=kinds[kind]) for name, kind in dtypes.items()})


@dataclass
class Cohort:
    """The state of one cohort at the end of a month.

    Attributes:
        seed: Seed of the whole bank.
        number: Which cohort this is.
        first_person: Number of its first person; persons count from 1.
        start_month: The month in which the bank's history begins.
        tables: Everything known, by entity.
    """

    seed: int
    number: int
    first_person: int
    start_month: int
    tables: dict[str, Table] = field(default_factory=dict)

    @property
    def person(self) -> Table:
        """The people, one row each."""
        return self.tables["person"]

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.person)

    def rng(self, month: int, name: str) -> np.random.Generator:
        """Return the generator of one month and purpose."""
        return stream(self.seed, self.number, month, name)

    def unique_numbers(self, indices: Array) -> Array:
        """Make positions unique over all cohorts; a cohort has room for a million of each entity."""
        result: Array = np.asarray(indices, dtype=np.int64) + self.number * 1_000_000
        return result

    def save(self, path: Path) -> None:
        """Write the state to one file."""
        arrays = {
            f"{table}/{name}": column
            for table, content in self.tables.items()
            for name, column in content.columns.items()
        }
        head = np.array([self.seed, self.number, self.first_person, self.start_month], dtype=np.int64)
        arrays["head"] = head
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)


def load_cohort(path: Path) -> Cohort:
    """Read a state that `Cohort.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        seed, number, first_person, start_month = (int(value) for value in arrays["head"])
        tables: dict[str, Table] = {}
        for name in arrays.files:
            if name != "head":
                table, column = name.split("/")
                tables.setdefault(table, Table())[column] = arrays[name]
    return Cohort(seed, number, first_person, start_month, tables)
