with

arrivals as (
    {{ latest_arrivals('crm', 'campaigns', key=['campaign_id']) }}
),

final as (

    select
        campaign_id,
        campaign_name,
        lower(objective) as objective,
        lower(product_code) as product_code,
        lower(channel) as channel,
        offer_code,
        starts_at,
        ends_at,
        budget_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
