with

results as (

    select * from {{ ref('stg_activation__row_results') }}

),

final as (

    select
        run_id,
        row_key,
        sync,
        as_of_date,
        op,
        version,
        status,
        reason,
        answered_at
    from results

)

select * from final
