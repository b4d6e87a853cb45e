with

movements as (

    select * from {{ ref('int_events__deposit_transactions') }}
    union all
    select * from {{ ref('int_events__card_transactions') }}
    union all
    select * from {{ ref('int_events__unsettled_payments') }}

),

mcc_groups as (

    select * from {{ ref('mcc_groups') }}

),

final as (

    select
        movements.transaction_id,
        movements.person_id,
        movements.ledger,
        movements.source_name,
        movements.table_name,
        movements.record_id,
        movements.account_no,
        movements.card_token,
        movements.transacted_at,
        movements.transaction_date,
        movements.direction,
        movements.amount,
        cast(case movements.direction when 'inflow' then movements.amount else -movements.amount end as decimal(18, 2))
            as signed_amount,
        movements.currency_code,
        movements.transaction_type,
        movements.payment_type,
        movements.mcc,
        coalesce(
            mcc_groups.spending_category,
            case
                when (movements.direction = 'inflow' and not movements.is_refund) or movements.is_internal then null
                when movements.biller_category in ('electricity', 'water', 'telecom', 'internet') then 'utilities'
                when movements.biller_category is not null then movements.biller_category
                when movements.transaction_type in ('cash_withdrawal', 'cash_advance') then 'cash'
                when movements.transaction_type in ('fee', 'interest') then 'bank_charges'
                when movements.transaction_type = 'insurance_premium' then 'insurance'
                when movements.transaction_type = 'transfer_out' or movements.payment_type = 'transfer' then 'transfers'
                else 'other'
            end
        ) as spending_category,
        movements.channel,
        movements.is_internal,
        movements.is_refund,
        movements.is_disputed,
        movements.payment_id
    from movements
    left join mcc_groups on movements.mcc = mcc_groups.mcc

)

select * from final
