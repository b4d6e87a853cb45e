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

holders as (

    select 'account' as holder_type, account_no as holder_no, person_id, from_month_end_date, to_month_end_date
    from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'

    union all

    select holder_type, holder_no, person_id, from_month_end_date, to_month_end_date
    from {{ ref('int_customer__holders') }}
    where holder_type = 'card' and known_to_month_end_date = date '9999-12-31'

),

versions as (

    select * from {{ ref('int_customer__holding_versions') }} where known_until_at is null

),

-- Zero is who owns no account at the month's end; who owns one whose balance nobody sent is unknown. The same holds for
-- cards. customer_monthly judges alike.
owning as (

    select
        months.person_id,
        months.month_end_date,
        bool_or(holders.holder_type = 'account') as has_account,
        bool_or(holders.holder_type = 'card') as has_card
    from months
    inner join holders
        on months.person_id = holders.person_id
        and months.month_end_date between holders.from_month_end_date and holders.to_month_end_date
    left join versions on holders.holder_type = versions.holder_type and holders.holder_no = versions.holder_no
    where
        coalesce(versions.opened_date <= months.as_of_date, true)
        and coalesce(versions.closed_month_date > months.month_end_date, true)
    group by months.person_id, months.month_end_date

),

joined as (

    select
        months.person_id,
        months.month_end_date,
        months.as_of_date,
        coalesce(deposits.deposit_balance_amount, case when owning.has_account is not true then 0 end)
            as deposit_balance_amount,
        coalesce(deposits.deposit_account_count, 0) as deposit_account_count,
        coalesce(cards.card_balance_amount, case when owning.has_card is not true then 0 end) as card_balance_amount,
        coalesce(cards.card_limit_amount, case when owning.has_card is not true then 0 end) as card_limit_amount,
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
    left join owning on months.person_id = owning.person_id and months.month_end_date = owning.month_end_date

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
