with

from_list as (

    select * from {{ ref('int_customer__listed_suppressions') }}

),

message_events as (

    select * from {{ ref('int_campaigns__message_events') }}

),

cases as (

    select * from {{ ref('stg_crm__call_centre_cases') }}

),

requests as (

    select * from {{ ref('stg_consent__privacy_requests') }}

),

request_subjects as (

    select * from {{ ref('int_customer__consent_subjects') }}

),

owners as (

    select * from {{ ref('int_events__behaviour_owners') }}
    where owner_type = 'record'

),

-- An address to which the last try failed stays closed until something arrives there; a complaint closes it for good.
from_messages as (

    select
        message_events.person_id,
        message_events.channel,
        case when bool_or(message_events.event_type = 'complained') then 'complained' else 'bounced' end as reason,
        max(message_events.occurred_at) as since_at
    from message_events
    where
        message_events.event_type in ('delivered', 'bounced', 'failed', 'complained')
        and message_events.person_id is not null
    group by message_events.person_id, message_events.channel
    having
        bool_or(message_events.event_type = 'complained')
        or max_by(message_events.event_type, (message_events.occurred_at, message_events.message_event_id))
        in ('bounced', 'failed')

),

from_cases as (

    select
        owners.person_id,
        'all' as channel,
        cases.topic as reason,
        cases.opened_at as since_at
    from cases
    inner join owners on 'crm.call_centre_cases:' || cases.case_id = owners.owner_no
    where cases.case_status != 'closed' and cases.topic in ('complaint', 'dispute')

),

from_requests as (

    select
        request_subjects.person_id,
        'all' as channel,
        'privacy_request' as reason,
        requests.requested_at as since_at
    from requests
    inner join request_subjects
        on 'consent.privacy_requests:' || requests.privacy_request_id = request_subjects.event_id
    where
        (requests.request_type = 'restriction' and requests.request_status != 'refused')
        or (requests.request_type = 'erasure' and requests.request_status in ('open', 'in_progress'))

),

reasons as (

    select * from from_list
    union all
    select * from from_messages
    union all
    select * from from_cases
    union all
    select * from from_requests

),

final as (

    select
        person_id,
        channel,
        reason,
        min(since_at) as since_at
    from reasons
    group by person_id, channel, reason

)

select * from final
