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
        credit / cast(sum(cast(credit as decimal(38, 15))) over (
            partition by attribution_model, conversion_kind, month_end_date
        ) as double) as credit_rate,
        cast(value_amount as decimal(18, 2)) as value_amount,
        '{{ setting("currency") }}' as currency_code
    from credited

)

select * from final
