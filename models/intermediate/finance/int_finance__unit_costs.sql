with

rates as (

    select * from {{ ref('cost_rates') }}
    where currency_code = '{{ setting("currency") }}'

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

final as (

    select
        rates.cost_driver,
        rates.cost_kind,
        months.month_end_date,
        rates.unit_cost
    from rates
    inner join months
        on rates.valid_from <= months.month_end_date
        and coalesce(rates.valid_to > months.month_end_date, true)

)

select * from final
