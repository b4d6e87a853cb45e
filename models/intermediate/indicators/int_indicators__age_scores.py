"""The probability of each age group, learned from those whose date of birth is known (docs/indicators.md)."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    from ml.indicators import group_scores
    from ml.learning import read_people

    people = read_people(dbt.ref("int_indicators__age_evidence"), "age_group")
    return group_scores(people, target="age_group").to_arrow()
