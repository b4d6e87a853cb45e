"""How long relationships last: closing hazards by tenure, and what they mean for the months ahead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Ends of the stretches of tenure (months) with a hazard of their own: closings are frequent early and rare late.
STRETCHES = (12, 24, 36, 60, 120, 1_200)
# A stretch is believed like everybody's hazard until it has been watched for this many months of people.
WATCHED = 500.0


def closing_hazards(entered: Integers, left: Integers, has_closed: npt.NDArray[np.bool_]) -> Floats:
    """Return the monthly probability of closing for each stretch of tenure.

    entered: tenure in months when a person was first watched; who closed before that was never seen, so earlier months
    don't count (delayed entry). left: tenure when last watched, or in the month of closing.
    """
    events, watched = np.zeros(len(STRETCHES)), np.zeros(len(STRETCHES))
    begin = 0
    for place, end in enumerate(STRETCHES):
        watched[place] = np.clip(np.minimum(left + 1, end) - np.maximum(entered, begin), 0, None).sum()
        events[place] = (has_closed & (left >= begin) & (left < end)).sum()
        begin = end
    overall = (events.sum() + 0.5) / (watched.sum() + 1)
    hazards: Floats = (events + WATCHED * overall) / (watched + WATCHED)
    return hazards


def survival_ahead(hazards: Floats, tenure: Integers, months: int = 12) -> Floats:
    """Return for each person the probability of still being there after 1, 2, ... months."""
    ahead = np.minimum(tenure[:, None] + np.arange(1, months + 1)[None, :], STRETCHES[-1] - 1)
    hazard = hazards[np.searchsorted(STRETCHES, ahead, side="right")]
    survival: Floats = np.cumprod(1 - hazard, axis=1)
    return survival


def months_ahead(survival: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance of the months that a person will stay, of those that survival is given for."""
    mean = survival.sum(axis=1)
    # Staying k months at least has probability S(k): E[L^2] is the sum of (2k - 1) S(k).
    square = survival @ (2 * np.arange(1, survival.shape[1] + 1) - 1.0)
    return mean, np.maximum(square - mean**2, 0)
