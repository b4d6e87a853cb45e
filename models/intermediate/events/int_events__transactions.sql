{{ config(materialized='view') }}

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
        movements.*,
        last_day(movements.transaction_date) as month_end_date,
        coalesce(
            mcc_groups.spending_category,
            case
                when movements.is_internal_kind then null
                when movements.direction = 'inflow' and not movements.is_refund then null
                when movements.biller_category in ('electricity', 'water', 'telecom', 'internet') then 'utilities'
                when movements.biller_category is not null then movements.biller_category
                when movements.transaction_type in ('cash_withdrawal', 'cash_advance') then 'cash'
                when movements.transaction_type in ('fee', 'interest') then 'bank_charges'
                when movements.transaction_type = 'insurance_premium' then 'insurance'
                when movements.transaction_type = 'transfer_out' or movements.payment_type = 'transfer' then 'transfers'
                else 'other'
            end
        ) as spending_category
    from movements
    left join mcc_groups on movements.mcc = mcc_groups.mcc

)

select * from final
