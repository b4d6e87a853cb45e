"""How often and for how much people will buy with their cards: BG/NBD and Gamma-Gamma (docs/lifetime-value.md)."""


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    people = dbt.ref("int_lifetime_value__purchase_days").pl()
    from ml.customer_value import purchase_values

    return purchase_values(people).to_arrow()
