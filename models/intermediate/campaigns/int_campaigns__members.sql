with

members as (

    select * from {{ ref('stg_crm__campaign_members') }}

),

campaigns as (

    select * from {{ ref('int_campaigns__campaigns') }}

),

-- An audience holds whom it was sent to; who was kept free of it is told by no receiver.
sent as (

    select campaign_id, person_id, min(occurred_at) as assigned_at
    from {{ ref('int_campaigns__sender_events') }}
    where event_type = 'sent'
    group by campaign_id, person_id

),

records as (

    select * from {{ ref('int_identity__person_records') }}
    where source_name = 'crm' and table_name = 'contacts'

),

-- A person with two contacts is drawn once; one who was drawn into both arms compares nothing.
drawn as (

    select
        members.campaign_id,
        records.person_id,
        min(members.assigned_at) as assigned_at,
        bool_or(members.arm = 'treatment') as is_treated
    from members
    inner join records on members.contact_id = records.record_id
    group by members.campaign_id, records.person_id
    having count(distinct members.arm) = 1

    union all

    select campaign_id, person_id, assigned_at, true as is_treated
    from sent

),

final as (

    select
        drawn.campaign_id,
        drawn.person_id,
        case
            when campaigns.product_code is not null then 'product'
            when campaigns.objective = 'retention' then 'retention'
            when campaigns.objective = 'activation' then 'spending'
            else 'other'
        end as campaign_kind,
        campaigns.objective,
        campaigns.product_code,
        campaigns.channel,
        drawn.is_treated,
        drawn.assigned_at,
        {{ local_date('drawn.assigned_at') }} as assigned_date
    from drawn
    inner join campaigns on drawn.campaign_id = campaigns.campaign_id

)

select * from final
