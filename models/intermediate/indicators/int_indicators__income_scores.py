"""Income and its band: how far a declaration can be trusted, and what behaviour tells of those who declare none."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    import polars as pl

    from ml.indicators import band_scores
    from ml.learning import read_people

    bands = dbt.ref("int_indicators__income_bands").pl()
    declared = read_people(dbt.ref("int_indicators__income_statements"), "known_amount")
    people = read_people(dbt.ref("int_indicators__income_evidence"), "known_amount")
    scores = [
        band_scores(declared, bands, method="declared", estimate="declared_income_amount"),
        band_scores(people, bands, method="inferred"),
    ]
    return pl.concat(scores).to_arrow()
