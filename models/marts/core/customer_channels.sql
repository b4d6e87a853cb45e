with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A day on which somebody used a channel counts once, whether for one payment or for thirty pages. Shops (pos, online)
-- are no channels of the bank.
contact_days as (

    select
        person_id,
        channel,
        {{ local_date('occurred_at') }} as activity_date,
        count(*) filter (where table_name in ('account_transactions', 'card_transactions', 'payments'))
            as transaction_count,
        max(occurred_at) as last_at
    from {{ ref('customer_timeline') }}
    where
        person_id is not null
        and channel in ('branch', 'atm', 'app', 'web', 'call_centre', 'messenger')
        and event_kind not in ('bank_charge', 'salary', 'transfer_in')
    group by person_id, channel, {{ local_date('occurred_at') }}

),

counted as (

    select
        contact_days.person_id,
        contact_days.channel,
        count(*) as contact_day_count,
        sum(contact_days.transaction_count) as transaction_count,
        max(contact_days.last_at) as last_contact_at
    from contact_days
    inner join as_of
        on contact_days.activity_date <= as_of.as_of_date
        and contact_days.activity_date > as_of.as_of_date - interval 12 month
    group by contact_days.person_id, contact_days.channel

),

shares as (

    select
        *,
        sum(contact_day_count) over person_channels as all_contact_day_count,
        sum(transaction_count) over person_channels as all_transaction_count,
        row_number() over (
            partition by person_id order by contact_day_count desc, last_contact_at desc, channel asc
        ) as place
    from counted
    window person_channels as (partition by person_id)

),

final as (

    select
        person_id,
        channel,
        cast(contact_day_count as integer) as contact_day_count,
        cast(contact_day_count / all_contact_day_count as double) as contact_rate,
        cast(transaction_count as integer) as transaction_count,
        cast(transaction_count / nullif(all_transaction_count, 0) as double) as transaction_rate,
        last_contact_at,
        -- Two or three visits a year are no habit.
        place = 1 and all_contact_day_count >= 5 as is_preferred,
        cast(all_contact_day_count as integer) as evidence_count
    from shares

)

select * from final
