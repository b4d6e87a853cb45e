with

spending as (

    select * from {{ ref('int_customer__monthly_spending') }}

),

final as (

    select
        person_id,
        month_end_date,
        spending_category,
        channel,
        method,
        cast(sum(spending_amount) as decimal(18, 2)) as spending_amount,
        cast(sum(spending_count) as integer) as spending_count,
        cast(coalesce(sum(spending_amount) filter (where is_abroad), 0) as decimal(18, 2)) as spending_abroad_amount,
        '{{ setting("currency") }}' as currency_code
    from spending
    group by person_id, month_end_date, spending_category, channel, method

)

select * from final
