with

forecasts as (

    select * from {{ ref('stg_ml__values') }}

),

ids as (

    select
        person_id,
        arg_max(current_person_id, change_no) as current_person_id
    from {{ ref('person_id_changes') }}
    group by person_id

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone and task = 'value'

),

-- One delivery is one forecast of all: whoever isn't in the last one has none now.
newest as (

    select *
    from forecasts
    qualify _ingested_at = max(_ingested_at) over ()

),

-- Of two who turned out to be one person, the higher value counts.
final as (

    select
        ids.current_person_id as person_id,
        newest.as_of_date,
        newest.model_version,
        newest.value_amount as value_12m_amount,
        newest.low_amount as value_12m_low_amount,
        newest.high_amount as value_12m_high_amount,
        '{{ setting("currency") }}' as currency_code
    from newest
    inner join ids on newest.person_id = ids.person_id
    left join undone on newest.model_version = undone.model_version
    where ids.current_person_id is not null and undone.model_version is null
    qualify row_number() over (
        partition by ids.current_person_id
        order by newest.value_amount desc, newest.person_id asc
    ) = 1

)

select * from final
