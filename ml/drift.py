"""Drift: how far the people of one time differ from those of another, column by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ml.calibration import Floats

BINS = 10
# The customary reading of the index.
STABLE, SHIFTED = 0.1, 0.25
# A bin in which nobody is would make the index infinite: it counts as this share, or as half a row where rows are few.
_LEAST_SHARE = 1e-4
# Of so many times that nothing has changed, one goes beyond what is put down to chance.
_CHANCE = 1_000


@dataclass(frozen=True)
class Spread:
    """How the values of a column lie, for others to be held against it later.

    Attributes:
        rows: How many values there were.
        edges: Upper ends of the bins of a number but the last one: its tenths.
        words: The texts there were, each a bin; empty for a number.
        shares: Of each bin, and last of what has none: missing, or a new text.
    """

    rows: int
    edges: tuple[float, ...]
    words: tuple[str, ...]
    shares: tuple[float, ...]

    def shares_of(self, values: pl.Series) -> Floats:
        """Return the share of other values in each bin."""
        if values.dtype.is_numeric():
            last, numbers = len(self.edges) + 1, values.cast(pl.Float64).to_numpy()
            bins = np.where(np.isnan(numbers), last, np.searchsorted(np.array(self.edges), numbers, side="left"))
        else:
            last, codes = len(self.words), {word: code for code, word in enumerate(self.words)}
            bins = values.replace_strict(codes, default=last, return_dtype=pl.Int64).to_numpy()
        found: Floats = np.bincount(bins, minlength=last + 1) / max(1, len(values))
        return found

    def index_of(self, values: pl.Series) -> float:
        """Return the population stability index of other values against these."""
        least = max(_LEAST_SHARE, 0.5 / max(1, min(self.rows, len(values))))
        before, after = (np.maximum(shares, least) for shares in (np.array(self.shares), self.shares_of(values)))
        return float(((after - before) * np.log(after / before)).sum())

    def chance_of(self, rows: int) -> float:
        """Return the index that so many rows seldom go beyond where nothing has changed.

        Of two samples of one population it is chi-squared, with one degree for each bin but one, over their sizes.
        """
        from scipy.stats import chi2

        bins = max(2, int((np.array(self.shares) > 0).sum()))
        return float(chi2.ppf(1 - 1 / _CHANCE, bins - 1) * (1 / max(1, self.rows) + 1 / max(1, rows)))


def spread_of(values: pl.Series) -> Spread:
    """Return how the values of a column lie: a number by its tenths, a text by its words; missing is a bin too."""
    edges: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    if values.dtype.is_numeric():
        known = values.drop_nulls().drop_nans().to_numpy()
        edges = tuple(map(float, np.unique(np.quantile(known, np.arange(1, BINS) / BINS)))) if len(known) else ()
    else:
        words = tuple(values.drop_nulls().unique().sort().to_list())
    shape = Spread(len(values), edges, words, ())
    return Spread(len(values), edges, words, tuple(map(float, shape.shares_of(values))))


def stability_index(before: pl.Series, after: pl.Series) -> float:
    """Return the population stability index of two columns."""
    return spread_of(before).index_of(after)
