with

parts as (

    select * from {{ ref('int_identity__visit_parts') }}
    where signer is not null

),

visit_ids as (

    select * from {{ ref('int_identity__visit_ids') }}

),

registrations as (

    select * from {{ ref('stg_website__registrations') }}
    where user_pseudo_id is not null

),

identified_registrations as (

    select * from {{ ref('int_identity__person_records') }}
    where source_name = 'website' and table_name = 'registrations'

),

shown as (

    select visit_ids.observed_id, parts.signer, parts.started_at as identified_at
    from parts
    inner join visit_ids on parts.visit_part_id = visit_ids.visit_part_id

    union all

    select
        'anonymous_id:' || registrations.user_pseudo_id as observed_id,
        persons.person_id as signer,
        registrations.registered_at as identified_at
    from registrations
    inner join identified_registrations as persons on registrations.registration_id = persons.record_id

),

moments as (

    select observed_id, signer, identified_at
    from shown
    group by observed_id, signer, identified_at

),

neighbours as (

    select
        *,
        row_number() over timeline as moment_number,
        case when signer != lag(signer) over timeline then lag(identified_at) over timeline end as other_just_before_at,
        case when signer != lead(signer) over timeline then lead(identified_at) over timeline end as other_just_after_at
    from moments
    window timeline as (partition by observed_id order by identified_at, signer)

),

-- Along a run of one person's moments, the nearest moment of somebody else on each side.
final as (

    select
        observed_id,
        moment_number,
        identified_at,
        signer,
        max(other_just_before_at) over (
            partition by observed_id order by moment_number rows between unbounded preceding and current row
        ) as other_before_at,
        min(other_just_after_at) over (
            partition by observed_id order by moment_number rows between current row and unbounded following
        ) as other_after_at
    from neighbours

)

select * from final
