with

exposures as (

    select * from {{ ref('int_experiments__exposures') }}

),

experiments as (

    select * from {{ ref('int_experiments__experiments') }}

),

visits as (

    select * from {{ ref('visit_owners') }}

),

-- Whose a cookie was at that moment; a cookie whose visit is nobody's stays a visitor.
subjects as (

    select
        exposures.*,
        coalesce(exposures.person_id, visits.person_id) as owner_id,
        coalesce(
            exposures.person_id,
            visits.person_id,
            exposures.visitor_id,
            exposures.unit_type || ':' || md5(exposures.unit_id)
        ) as subject_id
    from exposures
    left join visits
        on exposures.visitor_id = visits.visitor_id
        and exposures.exposed_at >= visits.valid_from
        and exposures.exposed_at < visits.valid_to

),

first_exposures as (

    select
        experiment_key,
        subject_id,
        min(owner_id) as person_id,
        min_by(arm, (exposed_at, exposure_id)) filter (where is_in_time) as arm,
        min(exposed_at) filter (where is_in_time) as first_exposed_at,
        count(*) filter (where is_in_time) as exposure_count,
        count(*) filter (where not is_in_time) as untimely_exposure_count,
        count(distinct unit_type || ':' || unit_id) as unit_count,
        count(distinct arm) filter (where is_in_time) as arm_count,
        bool_or(is_declared) as is_declared,
        coalesce(bool_and(is_declared_arm) filter (where is_in_time), false) as is_declared_arm
    from subjects
    group by experiment_key, subject_id

),

judged as (

    select
        first_exposures.*,
        case
            when not first_exposures.is_declared then 'experiment not declared'
            when first_exposures.exposure_count = 0 then 'outside of its time'
            when not first_exposures.is_declared_arm then 'arm not declared'
            when first_exposures.arm_count > 1 and experiments.multiple_exposures = 'exclude' then 'saw several arms'
        end as exclusion_reason
    from first_exposures
    left join experiments on first_exposures.experiment_key = experiments.experiment_key

),

final as (

    select
        experiment_key,
        subject_id,
        person_id,
        arm,
        first_exposed_at,
        {{ local_date('first_exposed_at') }} as first_exposed_date,
        cast(exposure_count as integer) as exposure_count,
        cast(untimely_exposure_count as integer) as untimely_exposure_count,
        cast(unit_count as integer) as unit_count,
        arm_count > 1 as has_several_arms,
        exclusion_reason is null as is_analysed,
        exclusion_reason
    from judged

)

select * from final
