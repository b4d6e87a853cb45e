with

rules as (

    select * from {{ ref('identifier_rules') }}

),

-- Records that show identifiers, and when they showed them. A new source joins identity resolution by a line here.
shown as materialized (

    select *, {{ block_list_reason('identifier_type', 'identifier_value') }} as listed_as
    from ({{ record_identifiers({
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
    }) }}) as records

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
    where
        listed_as is null
        and identifier_type in (select unnest([part_1, part_2, part_3, part_4]) as part from composites)

),

-- A record that shows all parts shows the composite; with two phones two, with a placeholder for a part none.
composed as (

    select
        p1.source_name,
        p1.table_name,
        p1.record_id,
        p1.declared_as,
        composites.identifier_type,
        concat_ws(
            '|', p1.identifier_value, p2.identifier_value, p3.identifier_value, p4.identifier_value
        ) as identifier_value,
        p1.seen_at,
        p1.first_ingested_at,
        p1.ingested_at
    from composites
    inner join parts as p1 on composites.part_1 = p1.identifier_type
    inner join parts as p2 on composites.part_2 = p2.identifier_type and p1.record_name = p2.record_name
    left join parts as p3 on composites.part_3 = p3.identifier_type and p1.record_name = p3.record_name
    left join parts as p4 on composites.part_4 = p4.identifier_type and p1.record_name = p4.record_name
    where
        (composites.part_3 is null or p3.record_name is not null)
        and (composites.part_4 is null or p4.record_name is not null)

),

found as (

    select * from shown
    union all by name
    select * from composed

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
        coalesce(found.evidence, rules.evidence) as evidence,
        found.listed_as,
        found.declared_as
    from found
    left join rules on found.identifier_type = rules.identifier_type

)

select * from final
