{{ config(materialized='ephemeral') }}

with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

recorded_ids as (

    select * from {{ ref('int_identity__recorded_ids') }}

),

holdings as (

    select * from {{ ref('int_identity__recorded_holdings') }}

),

-- From whom a new person has what it holds: the oldest of the ids in use that had it.
origins as (

    select
        holdings.person_key,
        min_by(ids.person_id, (cast(ids.first_ingested_at as date), not ids.is_customer, ids.record_key, ids.person_id))
            as person_id
    from holdings
    inner join recorded_ids as ids on holdings.person_id = ids.person_id and ids.is_current
    where holdings.is_held and holdings.person_key is not null
    group by holdings.person_key

),

begun as (

    select
        persons.person_id,
        coalesce(recorded_ids.successor_person_id, origins.person_id) as other_person_id,
        -- Only the first time: what a returning id holds is in the ledger already.
        case when recorded_ids.person_id is null then persons.naming_record_key end as record_key,
        persons.is_named_by_customer as is_customer,
        persons.named_at as valid_from
    from persons
    left join recorded_ids on persons.person_id = recorded_ids.person_id
    left join origins on persons.person_key = origins.person_key
    where recorded_ids.is_current is distinct from true

),

-- An id that is nobody's now leads to whoever has what it claims, else to where its last successor leads.
given_up as (

    select
        ids.person_id,
        ids.is_current,
        ids.successor_person_id,
        coalesce(takers.person_id, successors.person_id, heirs.person_id) as other_person_id
    from recorded_ids as ids
    left join persons as still_current on ids.person_id = still_current.person_id
    left join persons as takers on ids.person_key = takers.person_key
    left join persons as successors on ids.successor_person_id = successors.person_id
    left join recorded_ids as gone_successors on ids.successor_person_id = gone_successors.person_id
    left join persons as heirs on gone_successors.person_key = heirs.person_key
    where still_current.person_id is null

),

final as (

    select
        person_id,
        case when other_person_id is null then 'created' else 'split' end as change_type,
        other_person_id,
        record_key,
        is_customer,
        valid_from
    from begun

    union all

    select
        person_id,
        case when other_person_id is null then 'retired' else 'merged' end as change_type,
        other_person_id,
        null as record_key,
        null as is_customer,
        null as valid_from
    from given_up
    where is_current or other_person_id is distinct from successor_person_id

)

select * from final
