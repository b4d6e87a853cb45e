with

movements as (

    select
        person_id, ledger, transaction_date, direction, amount, currency_code, transaction_type, is_internal, is_refund
    from {{ ref('int_events__deposit_transactions') }}
    union all
    select
        person_id, ledger, transaction_date, direction, amount, currency_code, transaction_type, is_internal, is_refund
    from {{ ref('int_events__card_transactions') }}
    union all
    select
        person_id, ledger, transaction_date, direction, amount, currency_code, transaction_type, is_internal, is_refund
    from {{ ref('int_events__unsettled_payments') }}

),

final as (

    select
        person_id,
        last_day(transaction_date) as month_end_date,
        -- What is given back makes the flow it belonged to smaller; it is no new flow the other way.
        coalesce(sum(case when is_refund then -amount else amount end) filter (
            where direction = case when is_refund then 'outflow' else 'inflow' end
                and not is_internal and ledger != 'credit_card'
        ), 0) as inflow_amount,
        coalesce(sum(case when is_refund then -amount else amount end) filter (
            where direction = case when is_refund then 'inflow' else 'outflow' end and not is_internal
        ), 0) as outflow_amount,
        coalesce(sum(amount) filter (where transaction_type = 'salary'), 0) as salary_amount,
        coalesce(sum(case direction when 'outflow' then amount else -amount end) filter (
            where ledger = 'credit_card' and transaction_type in ('purchase', 'cash_advance', 'refund')
        ), 0) as card_spend_amount,
        count(*) as transaction_count,
        count(*) filter (where ledger = 'credit_card' and transaction_type = 'purchase') as card_purchase_count,
        max(transaction_date) as last_transaction_date
    from movements
    where person_id is not null and currency_code = '{{ setting("currency") }}'
    group by person_id, last_day(transaction_date)

)

select * from final
