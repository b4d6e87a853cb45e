with

messages as (

    select * from {{ ref('int_campaigns__message_events') }}
    where event_type = 'sent' and person_id is not null

),

-- The last that was said of each row of a list. A removal that was refused took nobody off it.
standing as (

    select
        row_id,
        person_id
    from {{ ref('stg_activation__row_results') }}
    where op = 'add' or (op = 'remove' and status != 'rejected')
    qualify row_number() over (partition by sync, row_key order by version desc, row_id asc) = 1

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- What was sent from here after the newest day of the bank's books was sent all the same; what others told ahead of it
-- may be planned only.
final as (

    select
        messages.person_id,
        messages.channel,
        count(distinct messages.message_id) as contact_7d_count,
        max(messages.occurred_at) as last_contact_at,
        string_agg(distinct messages.campaign_id, ', ' order by messages.campaign_id) as campaign_ids,
        -- Whoever was merged since is put on the list under their new id: that is another contact.
        string_agg(distinct messages.campaign_id, ', ' order by messages.campaign_id)
            filter (where standing.row_id is not null) as standing_campaign_ids
    from messages
    cross join as_of
    left join standing on messages.message_id = standing.row_id and messages.person_id = standing.person_id
    where
        messages.occurred_at >= {{ local_midnight('as_of.as_of_date - 6') }}
        and (
            messages.occurred_at < {{ local_midnight('as_of.as_of_date + 1') }}
            or messages.told_in = 'activation.message_events'
            or messages.occurred_at <= messages._first_ingested_at
        )
    group by messages.person_id, messages.channel

)

select * from final
