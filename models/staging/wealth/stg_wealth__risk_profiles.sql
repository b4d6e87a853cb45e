with

arrivals as (
    {{ latest_arrivals('wealth', 'risk_profiles', key=['risk_profile_id']) }}
),

final as (

    select
        risk_profile_id,
        cif_no,
        assessed_at,
        risk_score,
        lower(risk_level) as risk_level,
        valid_until_date,
        declared_net_worth_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
