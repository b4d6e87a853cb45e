with

captures as (select * from {{ ref('int_leads__captures') }}),

enquiries as (select * from {{ ref('int_leads__enquiries') }}),

steps as (select * from {{ ref('int_leads__steps') }}),

person_records as (select * from {{ ref('int_identity__person_records') }}),

products as (select * from {{ ref('products') }}),

asked as (

    select *, lead_source as source_name, cast(null as varchar) as product_family from captures
    union all by name
    select * exclude (topic) from enquiries

),

known as (

    select
        asked.* exclude (product_family),
        asked.lead_source || ':' || asked.lead_id as capture_key,
        person_records.person_id,
        coalesce(products.product_family, asked.product_family, 'unknown') as product_family,
        steps.won_at
    from asked
    left join person_records
        on asked.source_name = person_records.source_name
        and asked.table_name = person_records.table_name
        and asked.lead_id = person_records.record_id
    left join products on asked.product_code = products.product_code
    left join steps on asked.lead_source = steps.lead_source and asked.lead_id = steps.lead_id

),

-- Who bought and asks again is a new lead; of whom nobody knows who it is, each capture is one.
marked as (

    select
        *,
        coalesce(
            person_id is not null
            and captured_at <= lag(captured_at) over asked + interval '{{ var("lead_merge_days") }}' day
            and not coalesce(lag(won_at) over asked <= captured_at, false),
            false
        ) as is_repetition
    from known
    window asked as (partition by person_id, product_family order by captured_at, capture_key)

),

final as (

    select
        * exclude (is_repetition),
        last_value(case when not is_repetition then capture_key end ignore nulls) over (
            partition by person_id, product_family order by captured_at, capture_key
            rows between unbounded preceding and current row
        ) as lead_key
    from marked

)

select * from final
