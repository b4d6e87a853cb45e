with

arrivals as (
    {{ latest_arrivals('core_banking', 'accounts', key=['account_no']) }}
),

final as (

    select
        account_no,
        lower(product_code) as product_code,
        upper(currency_code) as currency_code,
        branch_id,
        account_status,
        opened_date,
        maturity_date,
        interest_rate,
        closed_date,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
