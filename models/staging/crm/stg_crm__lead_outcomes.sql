with

arrivals as (
    {{ latest_arrivals('crm', 'lead_outcomes', key=['lead_outcome_id']) }}
),

final as (

    select
        lead_outcome_id,
        lead_source,
        lead_id,
        outcome,
        occurred_at,
        lower(product_code) as product_code,
        cif_no,
        sale_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
