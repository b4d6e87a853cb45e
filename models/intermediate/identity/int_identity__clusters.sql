{{ config(materialized='constrained_components') }}

-- The engine looks these up by itself:
-- depends_on: {{ ref('int_identity__record_identifiers') }}
-- depends_on: {{ ref('int_identity__blocked_values') }}
-- depends_on: {{ ref('identifier_rules') }}
with

links as (

    select * from {{ ref('int_identity__links') }}

),

-- A link that has expired or is blocked joins nothing, but its record stays a record: it links to itself.
final as (

    select
        record_key,
        case when is_expired or is_blocked then record_key else value_key end as value_key,
        case when is_expired or is_blocked then -1 else type_no end as type_no,
        joins_as,
        link_rank,
        limit_key,
        seen_date,
        expires_date
    from links

)

select * from final
