"""Who is in which arm: GrowthBook's published hash, so that its SDKs in a web page or an app say the same.

The same in SQL: macros/experiments. An id is hashed by its UTF-16 code units, as JavaScript does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cardinal.experiments.declaration import Experiment

if TYPE_CHECKING:
    Numbers = npt.NDArray[np.uint32]

OFFSET, PRIME = 0x811C9DC5, 0x01000193
NOBODY = -1


def hash_texts(texts: Sequence[str]) -> Numbers:
    """Return the 32-bit FNV-1a hash of each text; a column of letters at a time, since there may be millions."""
    hashes = np.full(len(texts), OFFSET, dtype=np.uint32)
    units = [np.frombuffer(text.encode("utf-16-le"), dtype=np.uint16) for text in texts]
    lengths = np.array([len(unit) for unit in units], dtype=np.int64)
    letters = np.zeros((len(texts), int(lengths.max(initial=0))), dtype=np.uint16)
    if len(texts):
        letters[np.arange(letters.shape[1]) < lengths[:, None]] = np.concatenate(units)
    for place in range(letters.shape[1]):
        mixed = (hashes ^ letters[:, place]) * np.uint32(PRIME)
        hashes = np.where(place < lengths, mixed, hashes)
    return hashes


def bucket_of(seed: str, units: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the place of each unit in an experiment, 0 to 0.9999: version 2 of the hash."""
    once = hash_texts([seed + unit for unit in units])
    return hash_texts([str(number) for number in once.tolist()]) % 10_000 / 10_000


def layer_bucket_of(layer: str, units: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the place of each unit in a layer, 0 to 0.999: version 1 of the hash, as namespaces use it."""
    return hash_texts([f"{unit}__{layer}" for unit in units]) % 1_000 / 1_000


def ranges_of(weights: Iterable[float], coverage: float) -> list[tuple[float, float]]:
    """Return the stretch of places that each arm takes."""
    ranges, begin = [], 0.0
    for weight in weights:
        ranges.append((begin, begin + coverage * weight))
        begin += weight
    return ranges


def choose(buckets: npt.NDArray[np.float64], ranges: Sequence[tuple[float, float]]) -> npt.NDArray[np.int64]:
    """Return the number of the arm whose stretch holds each place, -1 where none does."""
    arms = np.full(len(buckets), NOBODY, dtype=np.int64)
    for number, (begin, end) in reversed(list(enumerate(ranges))):
        arms[(buckets >= begin) & (buckets < end)] = number
    return arms


def assign(experiment: Experiment, units: Sequence[str]) -> list[str | None]:
    """Return the arm of each unit; None takes no part: no id, or outside of the layer's stretch or the coverage."""
    ranges = ranges_of([arm.weight for arm in experiment.arms], experiment.coverage)
    arms = choose(bucket_of(experiment.hash_seed, units), ranges)
    if experiment.layer:
        place = layer_bucket_of(experiment.layer.name, units)
        arms[(place < experiment.layer.begin) | (place >= experiment.layer.end)] = NOBODY
    names: list[Any] = [*(arm.name for arm in experiment.arms), None]
    return [names[arm] if unit else None for arm, unit in zip(arms.tolist(), units, strict=True)]
