with

decisions as (

    select * from {{ ref('stg_manual__identity_decisions') }}

),

record_identifiers as (

    select record_key, identifier_type, identifier_value, ingested_at from {{ ref('int_identity__record_identifiers') }}

),

-- Today of the data: when its newest row arrived.
today as (

    select max(ingested_at) as newest_at
    from (
        select ingested_at from record_identifiers
        union all
        select _ingested_at as ingested_at from decisions
    ) as arrivals

),

keyed as (

    select
        *,
        {{ key64('record_a') }} as record_key_a,
        {{ key64('record_b') }} as record_key_b
    from decisions

),

-- Records that are there: a deleted one stays only as a row of the type (none).
named as (

    select record_key
    from record_identifiers
    where
        record_key in (select unnest([record_key_a, record_key_b]) as record_key from keyed)
        and not (identifier_type = '(none)' and identifier_value = 'deleted')
    group by record_key

),

judged as (

    select
        keyed.*,
        case
            when keyed.record_a = keyed.record_b then 'record_a and record_b are the same record'
            when record_a.record_key is null then 'there is no record_a'
            when record_b.record_key is null then 'there is no record_b'
            when keyed.decided_at > keyed._ingested_at then 'it was decided after it arrived'
        end as problem,
        coalesce(keyed.expires_at <= today.newest_at, false) as is_expired
    from keyed
    cross join today
    left join named as record_a on keyed.record_key_a = record_a.record_key
    left join named as record_b on keyed.record_key_b = record_b.record_key

),

-- A later decision on the same two records, whichever is named first, takes the place of the earlier. One that can't
-- count takes nobody's.
ranked as (

    select
        *,
        problem is null
        and row_number() over (
            partition by least(record_a, record_b), greatest(record_a, record_b), problem is null
            order by decided_at desc, decision_id desc
        ) > 1 as was_replaced
    from judged

),

final as (

    select
        decision_id,
        decision,
        record_a,
        record_b,
        record_key_a,
        record_key_b,
        author,
        reason,
        decided_at,
        expires_at,
        was_replaced,
        is_expired,
        problem,
        problem is null and not was_replaced and not is_expired as is_in_force,
        _first_ingested_at as first_ingested_at,
        _ingested_at as ingested_at
    from ranked

)

select * from final
