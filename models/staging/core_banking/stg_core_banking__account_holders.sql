with

arrivals as (
    {{ latest_arrivals('core_banking', 'account_holders', key=['account_no', 'cif_no']) }}
),

final as (

    select
        account_no,
        cif_no,
        holder_role,
        since_date,
        until_date,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
