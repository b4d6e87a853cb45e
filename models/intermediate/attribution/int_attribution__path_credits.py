"""The conversions of each channel and campaign by Markov removal effects and Shapley values (docs/attribution.md)."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    paths = dbt.ref("int_attribution__paths").pl()
    from ml.attribution import path_credits

    return path_credits(paths).to_arrow()
