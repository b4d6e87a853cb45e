"""How people's names, phones and e-mails come out in files: two scripts, typing errors, junk, gaps."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import names
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import pick
from cardinal.demo.identifiers import phone_text
from cardinal.demo.randomness import Array, choose, happens

JUNK_EMAILS = pl.Series(["noreply@cardinalbank.example", "test@test.com", "-", "none@none.com", "noemail@", "N/A"])
JUNK_PHONES = pl.Series(["0000000000", "-", "0999999999", "1234", "02-000-0000", "N/A"])
_DOMAINS = pl.Series(["gmail.com", "hotmail.com", "yahoo.com", "outlook.co.th", "icloud.com"])


def emails(cohort: Cohort, who: Array) -> pl.Series:
    """Return the e-mail addresses that these people use, a relative's where they share one."""
    person = cohort.person
    owner = person["email_owner"][who]
    given = pick(names.GIVEN_LATIN, person["given"][owner]).str.to_lowercase()
    family = pick(names.FAMILY_LATIN, person["family"][owner]).str.to_lowercase()
    style, generation = person["email_style"][owner], person["email_generation"][owner]
    number = pl.Series(cohort.first_person + owner).cast(pl.String)
    later = pl.Series(np.where(generation > 0, generation, -1))
    tail = pl.select(
        number + pl.when(later > 0).then(pl.lit("n") + later.cast(pl.String)).otherwise(pl.lit(""))
    ).to_series()
    s = pl.Series(style)
    local = (
        pl.when(s == 0).then(given + pl.lit(".") + family.str.slice(0, 3) + tail)
        .when(s == 1).then(given + tail)
        .when(s == 2).then(family + pl.lit("_") + given.str.slice(0, 1) + tail)
        .when(s == 3).then(given.str.slice(0, 1) + family + tail)
        .otherwise(given + pl.lit("_") + tail)
    )  # fmt: skip
    domain = pick(_DOMAINS, style)
    address = pl.select(local + pl.lit("@") + domain).to_series()
    # Accented letters don't occur in these addresses.
    for accented, plain in (("ü", "u"), ("í", "i")):
        address = address.str.replace_all(accented, plain, literal=True)
    return address.set(pl.Series(~person["has_email"][owner]), None)


def typed_emails(cohort: Cohort, who: Array, rng: np.random.Generator, junk: float, missing: float) -> pl.Series:
    """Return e-mails as typed: now and then in capitals, with a typing error, junk or nothing."""
    size = len(who)
    text = emails(cohort, who)
    kind = choose(rng, (1 - 0.05 - 0.012, 0.05, 0.012), size)
    loud = text.str.to_titlecase()
    text = pl.select(
        pl.when(pl.Series(kind == 1)).then(loud).when(pl.Series(kind == 2)).then(_mistyped(text, rng)).otherwise(text)
    ).to_series()
    return _spoiled(text, JUNK_EMAILS, rng, junk, missing)


def typed_phones(cohort: Cohort, who: Array, rng: np.random.Generator, junk: float, missing: float) -> pl.Series:
    """Return mobile numbers as typed, in the writing that the person is used to, or somebody's habit."""
    person, size = cohort.person, len(who)
    phone = person["phone"][person["phone_owner"][who]]
    style = np.where(happens(rng, 0.15, size), rng.integers(0, 6, size), person["phone_style"][who])
    wrong = happens(rng, 0.006, size)  # one digit mistyped: somebody else's number, or nobody's
    phone = np.where(wrong, phone + rng.integers(1, 9, size) * 10 ** rng.integers(0, 5, size), phone)
    phone = np.where(phone > 999_999_999, phone - 100_000_000, phone)
    return _spoiled(phone_text(phone, style), JUNK_PHONES, rng, junk, missing)


def typed_names(cohort: Cohort, who: Array, rng: np.random.Generator, latin: float) -> pl.Series:
    """Return full names as typed: Thai or Latin, another romanisation, a typing error, capitals, one name only."""
    size, person = len(who), cohort.person
    in_latin = happens(rng, np.where(person["speaks_latin"][who], np.maximum(latin, 0.7), latin), size)
    variant = happens(rng, 0.3, size)
    given, family = person["given"][who], person["family"][who]
    roman = pl.select(
        pl.when(pl.Series(variant))
        .then(pick(names.GIVEN_VARIANT, given) + pl.lit(" ") + pick(names.FAMILY_VARIANT, family))
        .otherwise(pick(names.GIVEN_LATIN, given) + pl.lit(" ") + pick(names.FAMILY_LATIN, family))
    ).to_series()
    local = pick(names.GIVEN_LOCAL, given) + pl.Series([" "]) + pick(names.FAMILY_LOCAL, family)
    text = pl.select(pl.when(pl.Series(in_latin)).then(roman).otherwise(local)).to_series()
    kind = choose(rng, (0.88, 0.04, 0.03, 0.05), size)
    return pl.select(
        pl.when(pl.Series(kind == 1)).then(_mistyped(text, rng))
        .when(pl.Series(kind == 2)).then(text.str.to_uppercase())
        .when(pl.Series(kind == 3)).then(text.str.split(" ").list.first())
        .otherwise(text)
    ).to_series()  # fmt: skip


def official_names(cohort: Cohort, who: Array, typo: Array, variant: Array) -> tuple[pl.Series, ...]:
    """Return first and last name in the local script, then in Latin, as an officer typed them."""
    given, family = cohort.person["given"][who], cohort.person["family"][who]
    first, last = pick(names.GIVEN_LOCAL, given), pick(names.FAMILY_LOCAL, family)
    # The last letter lost is the commonest slip of the counter's keyboard.
    last = pl.select(
        pl.when(pl.Series(typo)).then(last.str.slice(0, last.str.len_chars() - 1)).otherwise(last)
    ).to_series()
    v = pl.Series(variant)
    latin = [
        pl.select(pl.when(v).then(pick(other, codes)).otherwise(pick(usual, codes))).to_series()
        for usual, other, codes in (
            (names.GIVEN_LATIN, names.GIVEN_VARIANT, given),
            (names.FAMILY_LATIN, names.FAMILY_VARIANT, family),
        )
    ]
    return first, last, latin[0], latin[1]


def _mistyped(text: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Drop one letter, or swap two."""
    place = pl.Series(rng.integers(1, 6, len(text)))
    swap = pl.Series(happens(rng, 0.5, len(text)))
    head, one, two = text.str.slice(0, place), text.str.slice(place, 1), text.str.slice(place + 1, 1)
    tail = text.str.slice(place + 2)
    return pl.select(pl.when(swap).then(head + two + one + tail).otherwise(head + two + tail)).to_series()


def _spoiled(
    text: pl.Series, junk: pl.Series, rng: np.random.Generator, junk_share: float, missing: float
) -> pl.Series:
    draw = rng.random(len(text))
    instead = pick(junk, rng.integers(0, len(junk), len(text)))
    return pl.select(
        pl.when(pl.Series(draw < missing)).then(None)
        .when(pl.Series(draw < missing + junk_share)).then(instead)
        .otherwise(text)
    ).to_series()  # fmt: skip
