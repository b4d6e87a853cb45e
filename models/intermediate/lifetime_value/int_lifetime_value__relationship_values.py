"""What a relationship is worth in the next 12 months: margin times survival (docs/lifetime-value.md)."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    people = dbt.ref("int_lifetime_value__relationships").pl()
    from ml.customer_value import relationship_values

    return relationship_values(people).to_arrow()
