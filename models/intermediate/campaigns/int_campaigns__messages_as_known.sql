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

-- A message is opened once, however often it is looked at; who opened an SMS isn't seen.
months as (

    select
        arrived.person_id,
        {{ known_month('arrived.known_at', not_before='arrived.occurred_month_end_date') }} as month_end_date,
        count(distinct arrived.message_id) filter (where arrived.event_type = 'delivered') as message_count,
        count(distinct arrived.message_id) filter (
            where arrived.event_type = 'delivered' and arrived.channel != 'sms'
        ) as openable_count,
        count(distinct arrived.message_id) filter (
            where arrived.event_type = 'opened' and arrived.channel != 'sms'
        ) as opened_count,
        count(distinct arrived.message_id) filter (where arrived.event_type = 'clicked') as clicked_count
    from arrived
    group by all

),

final as (

    select
        months.person_id,
        pairs.closing_month_end_date as month_end_date,
        sum(months.message_count) as message_12m_count,
        sum(months.openable_count) as openable_12m_count,
        sum(months.opened_count) as message_opened_12m_count,
        sum(months.clicked_count) as message_clicked_12m_count
    from months
    inner join pairs on months.month_end_date = pairs.month_end_date
    group by months.person_id, pairs.closing_month_end_date

)

select * from final
