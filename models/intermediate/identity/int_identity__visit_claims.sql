with

parts as (

    select * from {{ ref('int_identity__visit_parts') }}

),

visit_ids as (

    select * from {{ ref('int_identity__visit_ids') }}

),

moments as (

    select * from {{ ref('int_identity__identifying_moments') }}

),

-- Visits without a login, under each of their ids.
visits as (

    select
        parts.visit_part_id,
        visit_ids.observed_id,
        parts.started_at,
        parts.started_at - interval '{{ var("visit_look_back_days") }}' day as looks_back_to,
        parts.ended_at + interval '{{ var("visit_look_back_days") }}' day as looks_ahead_to,
        parts.started_at - interval '{{ var("visit_contest_back_days") }}' day as contested_from,
        parts.ended_at + least(
            interval '{{ var("visit_contest_ahead_days") }}' day, interval '{{ var("visit_look_back_days") }}' day
        ) as contested_to
    from parts
    inner join visit_ids on parts.visit_part_id = visit_ids.visit_part_id
    where parts.visit_signer is null

),

timelines as (

    select observed_id, identified_at as happened_at, 1 as is_moment, null as visit_part_id from moments
    union all
    select observed_id, started_at as happened_at, 0 as is_moment, visit_part_id from visits

),

-- Moments are numbered by id, so the count of those before a visit tells the last one before and the first one after:
-- two joins on equality, however many logins a device has seen.
places as (

    select
        observed_id,
        visit_part_id,
        sum(is_moment) over (
            partition by observed_id order by happened_at, is_moment, visit_part_id
            rows between unbounded preceding and current row
        ) as moments_before
    from timelines

),

sides as (

    select
        visits.visit_part_id,
        earlier.signer as earlier_signer,
        earlier.identified_at >= visits.looks_back_to as is_earlier_near,
        earlier.other_before_at >= visits.contested_from as has_others_before,
        later.signer as later_signer,
        later.identified_at as later_at,
        later.other_after_at,
        -- The moment that claims may itself be shared, and until then everybody contests.
        greatest(
            visits.contested_to, min(later.identified_at) over (partition by visits.visit_part_id)
        ) as contested_to
    from visits
    inner join places on visits.visit_part_id = places.visit_part_id and visits.observed_id = places.observed_id
    left join moments as earlier
        on places.observed_id = earlier.observed_id
        and places.moments_before = earlier.moment_number
        and visits.contested_from <= earlier.identified_at
    left join moments as later
        on places.observed_id = later.observed_id
        and places.moments_before + 1 = later.moment_number
        and visits.looks_ahead_to >= later.identified_at

),

final as (

    select
        visit_part_id,
        min(earlier_signer) as earlier_signer,
        coalesce(bool_or(is_earlier_near), false) as is_earlier_near,
        min(later_signer) filter (where later_at <= contested_to) as later_signer,
        coalesce(min(earlier_signer) != max(earlier_signer), false)
        or coalesce(bool_or(has_others_before), false) as has_several_before,
        coalesce(
            min(later_signer) filter (where later_at <= contested_to)
            != max(later_signer) filter (where later_at <= contested_to), false
        )
        or coalesce(bool_or(other_after_at <= contested_to), false) as has_several_after
    from sides
    group by visit_part_id

)

select * from final
