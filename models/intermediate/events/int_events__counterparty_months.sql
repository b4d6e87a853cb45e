{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['holder_type', 'holder_no', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups(touched_holder_months()) %}

with

movements as (

    select
        *,
        {{ holder_type_of('ledger') }} as holder_type,
        {{ holder_no_of('ledger') }} as holder_no
    from {{ ref('int_events__transactions') }}
    where currency_code = '{{ setting("currency") }}'
        {{ since_touched(touched, 'transacted_at') }}

),

-- Cash, interest, fees and what pays the card have no other side that comes back.
dealings as (

    select
        movements.* exclude (counterparty_no),
        {{ spending_method() }} as method,
        -- To the bank's own desks each contract pays its own fixed amount.
        case
            when movements.transaction_type in ('loan_repayment', 'insurance_premium')
                then movements.transaction_type || ' ' || cast(movements.amount as varchar)
            else movements.counterparty_no
        end as counterparty_no
    from movements
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on movements.holder_type = touched.holder_type
        and movements.holder_no = touched.holder_no
        and movements.month_end_date = touched.month_end_date
    {%- endif %}
    where
        movements.holder_no is not null
        and not movements.is_refund
        and movements.transaction_type not in (
            'cash_withdrawal', 'cash_deposit', 'cash_advance', 'fee', 'interest', 'repayment', 'card_payment',
            'loan_disbursement'
        )

),

final as (

    select
        holder_type,
        holder_no,
        month_end_date,
        direction,
        transaction_type,
        method,
        counterparty_no,
        counterparty_account_no,
        max(spending_category) as spending_category,
        sum(amount) as amount,
        min(amount) as smallest_amount,
        max(amount) as largest_amount,
        count(*) as transaction_count,
        min(transaction_date) as first_transaction_date,
        max(transaction_date) as last_transaction_date
    from dealings
    where counterparty_no is not null
    group by
        holder_type, holder_no, month_end_date, direction, transaction_type, method, counterparty_no,
        counterparty_account_no

)

select * from final
