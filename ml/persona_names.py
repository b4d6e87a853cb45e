"""What people differ in, and what a group of them is called: by what it has more of than all, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.calibration import Floats, Integers

# From so far from everybody's mean, in standard deviations, a theme is worth a word.
WORTH_A_WORD = 0.35


@dataclass(frozen=True)
class Theme:
    """One thing that people differ in.

    Attributes:
        name: Column of the frame.
        expression: SQL over a row of the mart.
        who: Those who have much of it, as the head of a name.
        much: The same as an adjective before another head.
        words: What is measured, in a sentence.
        is_share: Whether its mean reads as a share of people or of money.
    """

    name: str
    expression: str
    who: str
    much: str
    words: str
    is_share: bool = True


THEMES = (
    Theme("invests", "fund_count > 0", "investors", "investing", "hold funds"),
    Theme("borrows", "loan_count + mortgage_count + auto_loan_count > 0", "borrowers", "borrowing", "have a loan"),
    Theme("insured", "policy_count > 0", "insured", "insured", "have a policy"),
    Theme("revolves", "revolving_month_12m_count / 12", "revolvers", "revolving", "of months card debt is carried on"),
    Theme(
        "pays_by_card",
        # More refunded than spent is nothing spent: a share of -2500 % would be a group of its own.
        "greatest(card_spend_3m_amount, 0) / nullif(greatest(card_spend_3m_amount, 0)"
        " + greatest(debit_card_spend_3m_amount, 0) + greatest(cash_3m_amount, 0) + greatest(bill_3m_amount, 0), 0)",
        "card payers",
        "card-paying",
        "of spending goes over credit cards",
    ),
    Theme(
        "digital", "least(web_login_3m_count + app_login_3m_count, 9)", "digital users", "digital",
        "logins in three months", is_share=False,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Persona:
    """One group: its name, what distinguishes it, and how many of those learned from are of it."""

    name: str
    description: str
    people: int


def describe(x: Floats, groups: Integers) -> tuple[Persona, ...]:
    """Name each group by what its people have more of than all, and say what distinguishes them.

    x: a row per person, a column per theme. groups: the number of each person's group.
    """
    mean = x.mean(axis=0)
    found, taken = [], set[str]()
    for group, (own, apart) in enumerate(zip(*apart_of(x, groups), strict=True)):
        name = next(name for name in _names(apart) if name not in taken)
        taken.add(name)
        furthest = np.argsort(-np.abs(apart), kind="stable")[:3]
        told = [_told(THEMES[place], own[place], mean[place]) for place in furthest]
        found.append(Persona(name, "; ".join(told), int((groups == group).sum())))
    return tuple(found)


def apart_of(x: Floats, groups: Integers) -> tuple[Floats, Floats]:
    """Return the means of each group, a row each, and how far they are from everybody's, in standard deviations."""
    own = np.stack([x[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)])
    return own, (own - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)


def shown(theme: Theme, value: float) -> str:
    """Return a mean as it reads."""
    return f"{value:.0%}" if theme.is_share else f"{value:.1f}"


def _names(apart: Floats) -> list[str]:
    """Return names for a group, the plainest first, by how far it is from everybody in each theme."""
    order = np.argsort(-apart, kind="stable")
    much = [THEMES[place] for place in order if apart[place] >= WORTH_A_WORD]
    little = [THEMES[place] for place in order[::-1] if apart[place] <= -WORTH_A_WORD]
    head = much[0].who if much else "account holders"
    adjectives = [theme.much for theme in much[1:]]
    names = [head, *(" ".join([*adjectives[:count], head]) for count in range(1, len(adjectives) + 1))]
    names += [f"{name}, less {theme.much}" for name in list(names) for theme in little]
    return [name.capitalize() for name in [*names, *(f"{head} {number}" for number in range(2, 20))]]


def _told(theme: Theme, own: float, of_all: float) -> str:
    return f"{shown(theme, own)} {theme.words} (all: {shown(theme, of_all)})"
