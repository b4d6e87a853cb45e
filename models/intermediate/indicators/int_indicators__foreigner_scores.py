"""The probability of being a foreign national, learned from those who say (docs/indicators.md)."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    from ml.indicators import probability_scores
    from ml.learning import read_people

    people = read_people(dbt.ref("int_indicators__foreigner_evidence"), "is_foreigner")
    return probability_scores(people, target="is_foreigner").to_arrow()
