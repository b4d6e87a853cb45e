with

events as (

    select * from {{ ref('int_campaigns__message_events') }}
    where event_type in ('delivered', 'opened', 'clicked') and person_id is not null

),

pairs as (

    select * from {{ ref('int_customer__month_pairs') }}
    where months_before < 12

),

first_deliveries as (

    select source_name || '.' || table_name as told_in, first_delivery_date
    from {{ ref('int_events__first_deliveries') }}

),

arrived as (

    select
        events.*,
        last_day({{ local_date('events.occurred_at') }}) as occurred_month_end_date,
        {{ known_at('events.occurred_at', 'first_deliveries.first_delivery_date', 'events._first_ingested_at') }}
            as known_at
    from events
    inner join first_deliveries on events.told_in = first_deliveries.told_in

),

seen as (

    select
        person_id,
        message_id,
        event_type,
        channel != 'sms' as is_openable,
        {{ known_month('known_at', not_before='occurred_month_end_date') }} as month_end_date
    from arrived
    group by all

),

-- A message is opened once, however often it is looked at: a month counts it until it is looked at again. Who opened an
-- SMS isn't seen.
months as (

    select
        *,
        least(coalesce(date_diff('month', month_end_date, lead(month_end_date) over (
            partition by person_id, message_id, event_type, is_openable order by month_end_date
        )), 12), 12) as counts_months
    from seen

),

counted as (

    select
        person_id,
        month_end_date,
        counts_months,
        count(*) filter (where event_type = 'delivered') as message_count,
        count(*) filter (where event_type = 'delivered' and is_openable) as openable_count,
        count(*) filter (where event_type = 'opened' and is_openable) as opened_count,
        count(*) filter (where event_type = 'clicked') as clicked_count
    from months
    group by all

),

final as (

    select
        counted.person_id,
        pairs.closing_month_end_date as month_end_date,
        sum(counted.message_count) as message_12m_count,
        sum(counted.openable_count) as openable_12m_count,
        sum(counted.opened_count) as message_opened_12m_count,
        sum(counted.clicked_count) as message_clicked_12m_count
    from counted
    inner join pairs
        on counted.month_end_date = pairs.month_end_date and counted.counts_months > pairs.months_before
    group by counted.person_id, pairs.closing_month_end_date

)

select * from final
