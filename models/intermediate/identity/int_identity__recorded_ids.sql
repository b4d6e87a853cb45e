{{ config(materialized='ephemeral') }}

with

ledger as (

    select * from {{ ref('int_identity__ledger') }}

),

holdings as (

    select * from {{ ref('int_identity__recorded_holdings') }}

),

-- Where an id belongs now: to the person that has the oldest of what it held when it was last a person's.
claims as (

    select
        person_id,
        min_by(
            person_key,
            (acquired_no, cast(valid_from as date), value_key is not null, coalesce(value_key, record_key))
        ) as person_key
    from holdings
    where is_held and person_key is not null
    group by person_id

),

first_changes as (

    select person_id, record_key, is_customer, valid_from as first_ingested_at
    from ledger
    where change_type in ('created', 'split') and record_key is not null

),

last_changes as (

    select person_id, change_type, other_person_id
    from ledger
    where change_type in ('created', 'split', 'merged', 'retired')
    qualify row_number() over (partition by person_id order by change_no desc) = 1

),

final as (

    select
        first_changes.person_id,
        first_changes.record_key,
        first_changes.is_customer,
        first_changes.first_ingested_at,
        last_changes.change_type in ('created', 'split') as is_current,
        case when last_changes.change_type = 'merged' then last_changes.other_person_id end as successor_person_id,
        claims.person_key
    from first_changes
    inner join last_changes on first_changes.person_id = last_changes.person_id
    left join claims on first_changes.person_id = claims.person_id

)

select * from final
