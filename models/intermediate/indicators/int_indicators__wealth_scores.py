"""Wealth and its band: what behaviour and what is seen here tell of those who declare none."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    from ml.indicators import band_scores
    from ml.learning import read_people

    bands = dbt.ref("int_indicators__wealth_bands").pl()
    people = read_people(dbt.ref("int_indicators__wealth_evidence"), "known_amount")
    return band_scores(people, bands, method="inferred").to_arrow()
