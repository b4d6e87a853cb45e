{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='record_key') }}

with

rules as (

    select * from {{ ref('identifier_rules') }}

),

-- Records that show identifiers, and when they showed them. A new source joins identity resolution by a line here.
shown as materialized (

    {{ record_identifiers({
        'stg_core_banking__customers': 'updated_at',
        'stg_core_banking__account_holders': 'updated_at',
        'stg_core_banking__branch_visits': 'visited_at',
        'stg_cards__credit_cards': 'updated_at',
        'stg_cards__debit_cards': 'updated_at',
        'stg_lending__loans': 'updated_at',
        'stg_wealth__fund_holdings': 'as_of_date',
        'stg_wealth__risk_profiles': 'assessed_at',
        'stg_insurance__policies': 'updated_at',
        'stg_payments__payments': 'paid_at',
        'stg_digital__events': 'occurred_at',
        'stg_google_ads__conversions': 'converted_at',
        'stg_meta_ads__pixel_events': 'occurred_at',
        'stg_messenger__leads': 'created_at',
        'stg_website__registrations': 'registered_at',
        'stg_ecommerce__orders': 'ordered_at',
        'stg_crm__contacts': 'updated_at',
        'stg_crm__call_centre_cases': 'opened_at',
        'stg_crm__lead_outcomes': 'occurred_at',
        'stg_partners__audience_profiles': 'last_seen_date',
        'stg_manual__uploads': 'uploaded_at',
        'stg_consent__consent_events': 'occurred_at',
        'stg_consent__privacy_requests': 'requested_at',
    }) }}

),

composites as (

    select
        identifier_type,
        split_part(parts, '+', 1) as part_1,
        split_part(parts, '+', 2) as part_2,
        nullif(split_part(parts, '+', 3), '') as part_3,
        nullif(split_part(parts, '+', 4), '') as part_4
    from rules
    where parts is not null

),

parts as (

    select *, source_name || '.' || table_name || ':' || record_id as record_name
    from shown
    where identifier_type in (
        select unnest([part_1, part_2, part_3, part_4]) as part from composites
    )

),

-- A record that shows all parts shows the composite; with two phones it shows two.
composed as (

    select
        part_1.source_name,
        part_1.table_name,
        part_1.record_id,
        composites.identifier_type,
        concat_ws(
            '|', part_1.identifier_value, part_2.identifier_value, part_3.identifier_value, part_4.identifier_value
        ) as identifier_value,
        cast(null as varchar) as evidence,
        part_1.seen_at,
        part_1.first_ingested_at,
        part_1.ingested_at
    from composites
    inner join parts as part_1 on composites.part_1 = part_1.identifier_type
    inner join parts as part_2
        on composites.part_2 = part_2.identifier_type and part_1.record_name = part_2.record_name
    left join parts as part_3
        on composites.part_3 = part_3.identifier_type and part_1.record_name = part_3.record_name
    left join parts as part_4
        on composites.part_4 = part_4.identifier_type and part_1.record_name = part_4.record_name
    where
        (composites.part_3 is null or part_3.record_name is not null)
        and (composites.part_4 is null or part_4.record_name is not null)

),

final as (

    select
        found.source_name,
        found.table_name,
        found.record_id,
        found.identifier_type,
        found.identifier_value,
        found.seen_at,
        found.first_ingested_at,
        found.ingested_at,
        {{ key64("found.source_name || '.' || found.table_name || ':' || found.record_id") }} as record_key,
        {{ key64("found.identifier_type || ':' || found.identifier_value") }} as value_key,
        coalesce(found.evidence, rules.evidence) as evidence
    from (select * from shown union all by name select * from composed) as found
    left join rules on found.identifier_type = rules.identifier_type

)

select * from final
