with

rates as (

    select * from {{ ref('expected_loss_rates') }}

),

final as (

    {{ rates_by_product('rates', [
        'rates.days_past_due_from', 'coalesce(rates.days_past_due_to, 1000000) as days_past_due_to',
        'cast(rates.default_rate * rates.loss_given_default_rate as decimal(12, 9)) as loss_rate',
    ]) }}

)

select * from final
