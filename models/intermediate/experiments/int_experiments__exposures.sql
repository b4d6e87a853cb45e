with

exposures as (

    select exposure_id, experiment_key, variant_key, unit_type, unit_id, exposed_at
    from {{ ref('stg_experiments__exposures') }}

    union all

    -- Whom the audience of an arm was sent to, and not who was meant to get it.
    select message_event_id, experiment_key, arm, 'person_id' as unit_type, person_id, occurred_at
    from {{ ref('int_campaigns__sender_events') }}
    where event_type = 'sent' and experiment_key is not null

),

experiments as (

    select * from {{ ref('int_experiments__experiments') }}

),

arms as (

    select * from {{ ref('int_experiments__arms') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}
    where
        (source_name = 'core_banking' and table_name = 'customers')
        or (source_name = 'crm' and table_name = 'contacts')

),

login_holders as (

    select * from {{ ref('int_identity__person_values') }}
    where identifier_type = 'login' and is_held

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

-- Each kind of id that says by itself who somebody is; a cookie says so only together with its moment.
known_units as (

    select
        case source_name when 'crm' then 'contact_id' else 'cif_no' end as unit_type,
        {{ key64('record_id') }} as unit_key,
        person_id
    from records

    union all

    select 'user_id' as unit_type, login_holders.value_key as unit_key, persons.person_id
    from login_holders
    inner join persons on login_holders.person_key = persons.person_key

),

keyed as (

    select
        *,
        {{ key64("case unit_type when 'user_id' then 'login:' || unit_id else unit_id end") }} as unit_key,
        case when unit_type = 'user_pseudo_id' then 'v' || left(md5('anonymous_id:' || unit_id), 24) end as visitor_id
    from exposures

),

final as (

    select
        keyed.exposure_id,
        keyed.experiment_key,
        keyed.variant_key as arm,
        keyed.unit_type,
        keyed.unit_id,
        keyed.visitor_id,
        case keyed.unit_type when 'person_id' then keyed.unit_id else known_units.person_id end as person_id,
        keyed.exposed_at,
        experiments.experiment_key is not null as is_declared,
        arms.arm is not null as is_declared_arm,
        coalesce(
            {{ local_date('keyed.exposed_at') }} >= experiments.start_date
            and ({{ local_date('keyed.exposed_at') }} <= experiments.stop_date or experiments.stop_date is null),
            false
        ) as is_in_time
    from keyed
    left join known_units on keyed.unit_type = known_units.unit_type and keyed.unit_key = known_units.unit_key
    left join experiments on keyed.experiment_key = experiments.experiment_key
    left join arms on keyed.experiment_key = arms.experiment_key and keyed.variant_key = arms.arm

)

select * from final
