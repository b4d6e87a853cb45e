-- Rates in the seeds of seeds/finance that hold for the same thing at the same time: a figure would be counted twice.
with

rates as (

    select
        'transfer_prices' as seed,
        concat_ws('|', product_family, product_group, currency_code) as subject,
        0 as from_days,
        0 as to_days,
        valid_from,
        valid_to
    from {{ ref('transfer_prices') }}
    union all
    select
        'interchange_rates' as seed,
        concat_ws('|', product_family, spending_category) as subject,
        0 as from_days,
        0 as to_days,
        valid_from,
        valid_to
    from {{ ref('interchange_rates') }}
    union all
    select
        'expected_loss_rates' as seed,
        concat_ws('|', product_family, product_group) as subject,
        days_past_due_from as from_days,
        coalesce(days_past_due_to, 1000000) as to_days,
        valid_from,
        valid_to
    from {{ ref('expected_loss_rates') }}
    union all
    select
        'cost_rates' as seed,
        concat_ws('|', cost_driver, cost_kind, currency_code) as subject,
        0 as from_days,
        0 as to_days,
        valid_from,
        valid_to
    from {{ ref('cost_rates') }}
    union all
    select
        'points_cost' as seed,
        currency_code as subject,
        0 as from_days,
        0 as to_days,
        valid_from,
        valid_to
    from {{ ref('points_cost') }}
    union all
    select
        'commission_rates' as seed,
        concat_ws('|', product_family, product_group) as subject,
        0 as from_days,
        0 as to_days,
        valid_from,
        valid_to
    from {{ ref('commission_rates') }}

),

numbered as (

    select *, row_number() over (order by seed, subject, from_days, valid_from) as rate_no
    from rates

)

select one.seed, one.subject, one.valid_from
from numbered as one
inner join numbered as other
    on one.seed = other.seed
    and one.subject = other.subject
    and one.rate_no < other.rate_no
    and one.from_days <= other.to_days
    and one.to_days >= other.from_days
    and one.valid_from < coalesce(other.valid_to, date '9999-12-31')
    and other.valid_from < coalesce(one.valid_to, date '9999-12-31')
