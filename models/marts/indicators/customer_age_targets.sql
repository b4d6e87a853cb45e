with

indicators as (

    select * from {{ ref('indicator_age') }}

),

evidence as (

    select person_id, age_group from {{ ref('int_indicators__age_evidence') }}

),

scores as (

    select person_id, group_name, probability from {{ ref('int_indicators__age_scores') }}
    where is_true is null

),

targets as (

    select * from {{ ref('age_targets') }}

),

target_names as (

    select target, min(owner_unit) as owner_unit
    from targets
    group by target

),

inferred as (

    select
        scores.person_id,
        targets.target,
        sum(scores.probability) as probability
    from scores
    inner join targets on scores.group_name = targets.age_group
    group by scores.person_id, targets.target

),

-- A known group is in a target or it isn't, as surely as the date of birth is right.
final as (

    select
        indicators.person_id,
        target_names.target,
        target_names.owner_unit,
        cast(case
            when indicators.method = 'unknown' then null
            when indicators.method = 'inferred' then coalesce(inferred.probability, 0)
            when targets.target is not null then indicators.probability
            else 1 - indicators.probability
        end as double) as probability,
        indicators.method,
        indicators.version,
        indicators.as_of_date
    from indicators
    cross join target_names
    inner join evidence on indicators.person_id = evidence.person_id
    left join targets on target_names.target = targets.target and evidence.age_group = targets.age_group
    left join inferred on indicators.person_id = inferred.person_id and target_names.target = inferred.target

)

select * from final
