with

credited as (

    {{ attributed_months('channel') }}

),

final as (

    select
        attribution_model,
        conversion_kind,
        month_end_date,
        channel,
        credit,
        credit / sum(credit) over (partition by attribution_model, conversion_kind, month_end_date) as credit_rate,
        cast(value_amount as decimal(18, 2)) as value_amount,
        '{{ setting("currency") }}' as currency_code
    from credited

)

select * from final
