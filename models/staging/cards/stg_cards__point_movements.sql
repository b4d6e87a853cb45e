with

arrivals as (
    {{ latest_arrivals('cards', 'point_movements', key=['point_movement_id']) }}
),

final as (

    select
        point_movement_id,
        card_token,
        moved_at,
        movement_type,
        points,
        reward_code,
        campaign_id,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
