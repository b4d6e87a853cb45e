with

touches as (select * from {{ ref('int_leads__episodes') }}),

steps as (select * from {{ ref('int_leads__steps') }}),

captured as (select * from {{ ref('fct_leads') }}),

families as (select * from {{ ref('product_families') }}),

sales as (select * from {{ ref('int_leads__sales') }}),

-- What the last version said of the last touch counts, but of none whose promotion was taken back.
scores as (

    select touches.lead_key, alerts.probability
    from touches
    inner join {{ ref('stg_ml__alerts') }} as alerts on touches.capture_key = alerts.event_id
    left join {{ ref('stg_ml__champions') }} as undone
        on alerts.task = undone.task and alerts.model_version = undone.model_version and undone.is_undone
    where alerts.task = 'lead' and undone.model_version is null
    qualify row_number() over (
        partition by touches.lead_key
        order by touches.captured_at desc, touches.capture_key asc, alerts._ingested_at desc, alerts.model_version asc
    ) = 1

),

worked as (

    select
        touches.lead_key,
        min(steps.contacted_at) as contacted_at,
        min(steps.qualified_at) as qualified_at,
        min(steps.applied_at) as applied_at,
        min(steps.approved_at) as approved_at,
        max_by(steps.last_outcome, (steps.last_outcome_at, touches.capture_key)) as last_outcome,
        max(steps.last_outcome_at) as last_outcome_at,
        sum(steps.sale_amount) as sale_amount
    from touches
    inner join steps on touches.lead_source = steps.lead_source and touches.lead_id = steps.lead_id
    group by touches.lead_key

),

earned as (

    select touches.lead_key, sum(captured.margin_amount) as margin_amount
    from touches
    inner join captured on touches.capture_key = captured.lead_key
    group by touches.lead_key

),

grouped as (

    select
        lead_key,
        max(captured_at) as last_touched_at,
        count(*) as touch_count,
        max_by(product_code, (captured_at, capture_key)) filter (where product_code is not null) as product_code,
        min_by(click_id, (captured_at, capture_key)) filter (where click_id is not null) as click_id,
        max_by(has_marketing_consent, (captured_at, capture_key)) filter (where has_marketing_consent is not null)
            as has_marketing_consent
    from touches
    group by lead_key

),

final as (

    select
        first_touches.lead_key,
        first_touches.person_id,
        first_touches.captured_at,
        {{ local_date('first_touches.captured_at') }} as captured_date,
        first_touches.lead_source,
        first_touches.traffic_source,
        first_touches.traffic_medium,
        first_touches.traffic_campaign,
        coalesce(first_touches.platform || ':' || coalesce(first_touches.campaign_id, 'unknown'), 'unpaid')
            as campaign_key,
        first_touches.platform is not null as is_paid,
        grouped.click_id,
        grouped.product_code,
        first_touches.product_family,
        coalesce(families.business_unit, 'unknown') as owner_unit,
        coalesce(grouped.has_marketing_consent, false) as has_marketing_consent,
        cast(grouped.touch_count as integer) as touch_count,
        grouped.last_touched_at,
        cast(scores.probability as double) as probability,
        worked.contacted_at,
        date_diff('minute', first_touches.captured_at, worked.contacted_at) / 60.0 as contact_hours,
        worked.qualified_at,
        worked.applied_at,
        worked.approved_at,
        sales.sold_at,
        sales.sold_date,
        sales.repeat_sold_date,
        case when sales.sold_at is not null then 'won' else coalesce(worked.last_outcome, 'new') end as outcome,
        worked.last_outcome_at,
        cast(worked.sale_amount as decimal(18, 2)) as sale_amount,
        cast(earned.margin_amount as decimal(18, 2)) as margin_amount,
        '{{ setting("currency") }}' as currency_code
    from touches as first_touches
    inner join grouped on first_touches.capture_key = grouped.lead_key
    left join families on first_touches.product_family = families.product_family
    left join scores on grouped.lead_key = scores.lead_key
    left join worked on grouped.lead_key = worked.lead_key
    left join earned on grouped.lead_key = earned.lead_key
    left join sales on grouped.lead_key = sales.lead_key

)

select * from final
