with

uplifts as (

    select * from {{ ref('stg_ml__uplifts') }}

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone

),

-- One delivery is one scoring of one kind: whoever wasn't scored in the last one has no uplift now.
last_deliveries as (

    select
        campaign_kind,
        max(_ingested_at) as delivered_at
    from uplifts
    group by campaign_kind

),

final as (

    select
        uplifts.campaign_kind,
        uplifts.product_code,
        uplifts.person_id,
        uplifts.as_of_date,
        uplifts.model_version,
        cast(uplifts.uplift as double) as uplift,
        cast(uplifts.left_alone_outcome as double) as left_alone_outcome,
        uplifts.rank,
        uplifts.decile,
        uplifts.reason_1,
        uplifts.reason_2,
        uplifts.reason_3
    from uplifts
    inner join last_deliveries
        on uplifts.campaign_kind = last_deliveries.campaign_kind and uplifts._ingested_at = last_deliveries.delivered_at
    left join undone
        on 'uplift_' || uplifts.campaign_kind = undone.task and uplifts.model_version = undone.model_version
    where undone.model_version is null

)

select * from final
