with

months as (

    select * from {{ ref('int_customer__months') }}

),

flows as (

    select * from {{ ref('int_customer__monthly_flows') }}

),

deposits as (

    select * from {{ ref('int_customer__monthly_deposits') }}

),

cards as (

    select * from {{ ref('int_customer__monthly_cards') }}

),

account_owners as (

    select person_id
    from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'
    group by person_id

),

card_holders as (

    select person_id from {{ ref('int_customer__cards') }} group by person_id

),

joined as (

    select
        months.person_id,
        months.month_end_date,
        months.as_of_date,
        -- Zero is who owns no account; who owns one whose balance nobody sent is unknown.
        coalesce(deposits.deposit_balance_amount, case when account_owners.person_id is null then 0 end)
            as deposit_balance_amount,
        coalesce(deposits.deposit_account_count, 0) as deposit_account_count,
        coalesce(cards.card_balance_amount, case when card_holders.person_id is null then 0 end) as card_balance_amount,
        coalesce(cards.card_limit_amount, case when card_holders.person_id is null then 0 end) as card_limit_amount,
        coalesce(flows.inflow_amount, 0) as inflow_amount,
        coalesce(flows.outflow_amount, 0) as outflow_amount,
        coalesce(flows.salary_amount, 0) as salary_amount,
        coalesce(flows.card_spend_amount, 0) as card_spend_amount,
        coalesce(flows.transaction_count, 0) as transaction_count,
        coalesce(flows.card_purchase_count, 0) as card_purchase_count,
        flows.last_transaction_date
    from months
    left join flows on months.person_id = flows.person_id and months.month_end_date = flows.month_end_date
    left join deposits on months.person_id = deposits.person_id and months.month_end_date = deposits.month_end_date
    left join cards on months.person_id = cards.person_id and months.month_end_date = cards.month_end_date
    left join account_owners on months.person_id = account_owners.person_id
    left join card_holders on months.person_id = card_holders.person_id

),

final as (

    select
        person_id,
        month_end_date,
        as_of_date,
        cast(deposit_balance_amount as decimal(18, 2)) as deposit_balance_amount,
        cast(deposit_account_count as integer) as deposit_account_count,
        cast(card_balance_amount as decimal(18, 2)) as card_balance_amount,
        cast(card_limit_amount as decimal(18, 2)) as card_limit_amount,
        cast(inflow_amount as decimal(18, 2)) as inflow_amount,
        cast(outflow_amount as decimal(18, 2)) as outflow_amount,
        cast(salary_amount as decimal(18, 2)) as salary_amount,
        cast(card_spend_amount as decimal(18, 2)) as card_spend_amount,
        cast(transaction_count as integer) as transaction_count,
        cast(card_purchase_count as integer) as card_purchase_count,
        cast(sum(inflow_amount) over three_months as decimal(18, 2)) as inflow_3m_amount,
        cast(sum(outflow_amount) over three_months as decimal(18, 2)) as outflow_3m_amount,
        cast(sum(card_spend_amount) over three_months as decimal(18, 2)) as card_spend_3m_amount,
        cast(sum(card_spend_amount) over twelve_months as decimal(18, 2)) as card_spend_12m_amount,
        max(last_transaction_date) over twelve_months as last_transaction_date,
        '{{ setting("currency") }}' as currency_code
    from joined
    window
        three_months as (partition by person_id order by month_end_date rows between 2 preceding and current row),
        twelve_months as (partition by person_id order by month_end_date rows between 11 preceding and current row)

)

select * from final
