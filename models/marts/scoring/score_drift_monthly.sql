with

drift as (

    select * from {{ ref('stg_ml__drift') }}

),

final as (

    select
        task,
        model_version,
        month_end_date,
        subject,
        words,
        row_count as scored_count,
        value_count,
        cast(stability_index as double) as stability_index,
        cast(chance_index as double) as chance_index,
        cast(missing_rate as double) as missing_rate,
        cast(learned_missing_rate as double) as learned_missing_rate,
        state,
        _ingested_at = max(_ingested_at) over (partition by task) as is_newest
    from drift

)

select * from final
