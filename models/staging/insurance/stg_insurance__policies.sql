with

arrivals as (
    {{ latest_arrivals('insurance', 'policies', key=['policy_no']) }}
),

final as (

    select
        policy_no,
        cif_no,
        lower(product_code) as product_code,
        policy_status,
        coverage_amount,
        premium_amount,
        premium_frequency,
        is_tax_deductible,
        lower(beneficiary_relation) as beneficiary_relation,
        start_date,
        end_date,
        upper(currency_code) as currency_code,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
