{{ config(materialized='view') }}

with

parts as (

    select * from {{ ref('int_identity__visit_parts') }}

),

claims as (

    select * from {{ ref('int_identity__visit_claims') }}

),

-- Today is the newest event; one dated after its own arrival is a mistake of its source and doesn't move it.
newest as (

    select max(newest_at) as happened_at
    from parts

),

states as (

    select
        parts.*,
        lead(parts.started_at) over (
            partition by parts.visit_id order by parts.started_at, parts.ended_at, parts.visit_part_id
        ) as next_part_started_at,
        coalesce(
            newest.happened_at > parts.visit_ended_at + interval '{{ var("visit_timeout_minutes") }}' minute, false
        ) as is_over,
        coalesce(newest.happened_at > parts.visit_ended_at + greatest(
            interval '{{ var("visit_timeout_minutes") }}' minute,
            least(
                interval '{{ var("visit_contest_ahead_days") }}' day, interval '{{ var("visit_look_back_days") }}' day
            )
        ), false) as is_uncontestable,
        coalesce(newest.happened_at > parts.visit_ended_at + greatest(
            interval '{{ var("visit_timeout_minutes") }}' minute, interval '{{ var("visit_look_back_days") }}' day
        ), false) as is_settled,
        coalesce(claims.has_several_before or claims.has_several_after, false)
        or coalesce(claims.earlier_signer != claims.later_signer, false) as is_contested,
        case when claims.is_earlier_near then claims.earlier_signer end as earlier_signer,
        claims.later_signer
    from parts
    cross join newest
    left join claims on parts.visit_part_id = claims.visit_part_id

),

decided as (

    select
        *,
        coalesce(signer, visit_signer, later_signer, earlier_signer) as likely_signer,
        case
            when signer is not null then 'authenticated'
            when visit_signer is not null then
                case when has_several_signers then 'contested' when is_over then 'authenticated' else 'pending' end
            when is_contested then 'contested'
            when earlier_signer is null and later_signer is null then 'anonymous'
            when not is_uncontestable then 'pending'
            when earlier_signer = later_signer then 'between_logins'
            when later_signer is not null then 'before_login'
            when is_settled then 'after_login'
            else 'pending'
        end as decision
    from states

),

-- A login that belongs to no person claims for nobody.
confident as (

    select
        *,
        case when likely_signer not like 'login:%' then likely_signer end as likely_person_id,
        case when likely_signer like 'login:%' and decision != 'contested' then 'anonymous' else decision end
            as confidence
    from decided

),

final as (

    select
        visit_part_id,
        visit_id,
        session_key,
        started_at as valid_from,
        coalesce(next_part_started_at, ended_at + interval 1 microsecond) as valid_to,
        event_count,
        case when confidence not in ('anonymous', 'contested', 'pending') then likely_person_id end as person_id,
        'v' || left(md5('anonymous_id:' || user_pseudo_id), 24) as visitor_id,
        case when confidence = 'pending' then likely_person_id end as candidate_person_id,
        confidence,
        first_ingested_at
    from confident

)

select * from final
