with

scores as (

    select * from {{ ref('int_scoring__last_scores') }}

),

ids as (

    select * from {{ ref('current_person_ids') }}

),

-- Of two who turned out to be one person, the higher score counts.
final as (

    select
        ids.current_person_id as person_id,
        scores.task,
        scores.as_of_date,
        scores.model_version,
        scores.score,
        scores.probability,
        scores.rank,
        scores.decile,
        scores.reason_1,
        scores.reason_2,
        scores.reason_3
    from scores
    inner join ids on scores.person_id = ids.person_id
    qualify row_number() over (partition by ids.current_person_id, scores.task order by scores.rank) = 1

)

select * from final
