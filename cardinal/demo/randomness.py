"""Random draws that depend on their key alone, and the few vectorised ways in which they are used."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cardinal.demo.months import DAY

Array = npt.NDArray[Any]

# Share of activity by hour of the day.
SHOP_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 7, 8, 10, 14, 11, 9, 9, 10, 12, 14, 13, 9, 6, 4, 2)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 6, 12, 13, 11, 8, 10, 12, 11, 6, 2, 1, 1, 0, 0, 0, 0)
SCREEN_HOURS = (3, 2, 1, 1, 1, 1, 3, 6, 7, 6, 6, 7, 9, 7, 6, 6, 6, 7, 9, 11, 13, 13, 10, 6)
NIGHT_HOURS = (8, 10, 12, 12, 9, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4)


def stream(*key: int | str) -> np.random.Generator:
    """Return a generator that is a function of its key: the same key gives the same draws, in any order."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in key]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def choose(rng: np.random.Generator, weights: Sequence[float] | Array, size: int) -> Array:
    """Draw `size` positions of `weights` with those weights."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    result: Array = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(np.int64)
    return result


def choose_by_row(rng: np.random.Generator, weights: Array) -> Array:
    """Draw one column a row, with that row's weights."""
    cumulative = np.cumsum(weights, axis=1)
    draws = rng.random(len(weights)) * cumulative[:, -1]
    picked = (cumulative <= draws[:, None]).sum(axis=1)
    result: Array = np.minimum(picked, weights.shape[1] - 1).astype(np.int64)
    return result


def repeat_rows(counts: Array) -> Array:
    """Return each position as often as its count says."""
    return np.repeat(np.arange(len(counts)), counts)


def seconds_of_day(rng: np.random.Generator, hours: Sequence[float], size: int) -> Array:
    """Draw seconds of the day by an hourly profile."""
    return choose(rng, hours, size) * 3_600 + rng.integers(0, 3_600, size)


def moments(
    rng: np.random.Generator, first_day: int | Array, days: int | Array, hours: Sequence[float], size: int
) -> Array:
    """Draw local seconds within `days` days from `first_day`."""
    day = first_day + np.floor(rng.random(size) * days).astype(np.int64)
    result: Array = day * DAY + seconds_of_day(rng, hours, size)
    return result


def happens(rng: np.random.Generator, probability: Array | float, size: int) -> Array:
    """Draw yes or no for each, with the given probability."""
    result: Array = rng.random(size) < probability
    return result


def running_number(groups: Array) -> Array:
    """Number the members of each group from 0, for groups that stand together."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    result: Array = np.arange(len(groups)) - np.repeat(starts, lengths)
    return result


def running_sum(groups: Array, values: Array) -> Array:
    """Sum up within each group, for groups that stand together."""
    if not len(groups):
        return np.zeros(0)
    total = np.cumsum(values)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    before = np.where(starts > 0, total[starts - 1], 0.0)
    result: Array = total - np.repeat(before, lengths)
    return result
