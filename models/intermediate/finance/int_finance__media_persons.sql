with

registrations as (

    select
        registration_id as record_id,
        'registrations' as table_name,
        -- A form with both click ids counts as the search ad's.
        case when gclid is not null then 'google_ads' when fbclid is not null then 'meta_ads' end as platform,
        registered_at as brought_at
    from {{ ref('stg_website__registrations') }}

),

conversions as (

    select
        conversion_id as record_id,
        'conversions' as table_name,
        'google_ads' as platform,
        converted_at as brought_at
    from {{ ref('stg_google_ads__conversions') }}

),

leads as (

    select
        lead_id as record_id,
        'leads' as table_name,
        case when coalesce(ad_id, campaign_id) is not null then 'meta_ads' end as platform,
        created_at as brought_at
    from {{ ref('stg_messenger__leads') }}

),

brought as (

    select * from registrations
    union all
    select * from conversions
    union all
    select * from leads

),

person_records as (

    select * from {{ ref('int_identity__person_records') }}
    where
        (source_name, table_name)
        in (('website', 'registrations'), ('google_ads', 'conversions'), ('messenger', 'leads'))

),

final as (

    select
        brought.platform,
        last_day({{ local_date('brought.brought_at') }}) as month_end_date,
        person_records.person_id
    from brought
    inner join person_records
        on brought.table_name = person_records.table_name and brought.record_id = person_records.record_id
    where brought.platform is not null
    group by all

)

select * from final
