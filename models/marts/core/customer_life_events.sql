with

evidence as (

    select * from {{ ref('int_customer__life_event_evidence') }}

),

kinds as (

    select * from {{ ref('life_event_kinds') }}

),

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Of what lies before the data only old contracts are known, and no change could have been seen.
believed as (

    select
        evidence.*,
        kinds.months_apart
    from evidence
    inner join kinds on evidence.event_kind = kinds.event_kind
    cross join as_of
    left join profiles on evidence.person_id = profiles.person_id
    where
        evidence.evidence_date between as_of.first_month_date and as_of.as_of_date
        and coalesce(date_sub('year', profiles.date_of_birth, evidence.event_date) >= kinds.min_age, true)
        and coalesce(date_sub('year', profiles.date_of_birth, evidence.event_date) <= kinds.max_age, true)

),

-- Evidence belongs to one event until the pause between two signs is too long for that.
pauses as (

    select
        *,
        coalesce(
            date_diff('day', lag(event_date) over by_event, event_date) > 30.4 * months_apart,
            true
        ) as is_first
    from believed
    window by_event as (partition by person_id, event_kind order by event_date, evidence_kind, evidence_date)

),

numbered as (

    select
        *,
        sum(cast(is_first as integer)) over (
            partition by person_id, event_kind order by event_date, evidence_kind, evidence_date
            rows between unbounded preceding and current row
        ) as event_number
    from pauses

),

-- A kind of evidence counts once for an event, however often it came.
signs as (

    select
        person_id,
        event_kind,
        event_number,
        evidence_kind,
        max(weight) as weight,
        min(event_date) as event_date,
        max(evidence_text) as evidence_text,
        sum(sign_count) as sign_count
    from numbered
    group by person_id, event_kind, event_number, evidence_kind

),

-- The event did not happen if every sign misleads: signs are taken as independent, each as good as its weight.
judged as (

    select
        person_id,
        event_kind,
        event_number,
        max_by(event_date, (weight, evidence_kind)) as event_date,
        round(1 - product(1 - weight), 6) as probability,
        count(*) as evidence_count,
        sum(sign_count) as sign_count,
        string_agg(evidence_text, '; ' order by weight desc, evidence_kind asc) as evidence,
        max_by(evidence_kind, (weight, evidence_kind)) as main_evidence
    from signs
    group by person_id, event_kind, event_number

),

final as (

    select
        judged.person_id,
        judged.event_kind,
        least(judged.event_date, as_of.as_of_date) as event_date,
        cast(least(judged.probability, 0.99) as decimal(9, 6)) as probability,
        judged.probability >= 0.5 as is_likely,
        cast(judged.evidence_count as integer) as evidence_count,
        judged.main_evidence,
        judged.evidence,
        '1' as version,
        as_of.as_of_date
    from judged
    cross join as_of
    -- One weak sign is a coincidence.
    where judged.probability >= 0.2

)

select * from final
