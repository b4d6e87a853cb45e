with

arrivals as (
    {{ latest_arrivals('crm', 'campaign_members', key=['campaign_id', 'contact_id']) }}
),

final as (

    select
        campaign_id,
        contact_id,
        assigned_at,
        arm,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
