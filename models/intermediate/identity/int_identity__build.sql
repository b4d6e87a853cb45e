{{ config(materialized='ephemeral') }}

with

ledger as (

    select * from {{ ref('int_identity__ledger') }}

),

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

recorded as (

    select coalesce(max(change_no), 0) as change_no, max(changed_at) as changed_at from ledger

),

arrivals as (

    select max(ingested_at) as ingested_at from record_identifiers

),

-- A source that is taken out of the lake doesn't turn the time back.
final as (

    select
        recorded.change_no + 1 as change_no,
        recorded.changed_at as last_changed_at,
        greatest(recorded.changed_at, arrivals.ingested_at, cast({{ newest_lake_date() }} as timestamp)) as changed_at
    from recorded
    cross join arrivals

)

select * from final
