with

families as (select * from {{ ref('product_families') }}),

margins as (select * from {{ ref('product_family_margins') }}),

offers as (select * from {{ ref('customer_next_best_offers') }}),

consents as (

    select
        *,
        has_email_marketing_consent or has_sms_marketing_consent or has_push_marketing_consent
        or has_messenger_marketing_consent as has_message_consent
    from {{ ref('int_customer__consent_state') }}

),

standing as (select * from {{ ref('customer_credit_standing') }}),

actions as (

    select * from {{ ref('lead_actions') }}
    where currency_code = '{{ setting("currency") }}'

),

-- What the last version said of a lead counts, but of none whose promotion was taken back.
scores as (

    select alerts.*
    from {{ ref('stg_ml__alerts') }} as alerts
    left join {{ ref('stg_ml__champions') }} as undone
        on alerts.task = undone.task and alerts.model_version = undone.model_version and undone.is_undone
    where alerts.task = 'lead' and undone.model_version is null
    qualify row_number() over (
        partition by alerts.event_id order by alerts._ingested_at desc, alerts.model_version asc
    ) = 1

),

-- Who asks is answered about what they ask for; who asked long ago is offered it as customers are. A score is of the 30
-- days after a lead (ml/tasks/leads.py) and of who isn't decided about.
asked as (

    select
        in_work.*,
        in_work.kind = 'lead' as is_asking,
        in_work.kind = 'prospect'
        or {{ local_date('in_work.captured_at') }}
        < (select as_of_date - 30 from {{ ref('int_customer__as_of') }}) as is_over,
        in_work.product_family not in ('credit_card', 'loan')
        or coalesce(standing.has_credit_offers_consent and not standing.is_in_arrears, false) as can_be_offered
    from {{ ref('leads_in_work') }} as in_work
    left join standing on in_work.person_id = standing.person_id

),

found as (

    select
        asked.kind,
        asked.lead_key as subject_id,
        asked.person_id,
        asked.business_unit,
        asked.product_family,
        asked.captured_at,
        asked.is_over,
        scores.probability,
        if(asked.is_over, null, scores.probability * greatest(margins.margin_amount, 0)) as expected_margin_amount,
        -- The tick on the form is one decision among those of consents: it may have been taken back since.
        asked.is_asking or (asked.can_be_offered and coalesce(consents.has_call_marketing_consent, false)) as can_call,
        asked.is_asking or (asked.can_be_offered and coalesce(consents.has_message_consent, false)) as can_message,
        coalesce(consents.is_processing_restricted, false) as is_restricted,
        scores.reason_1, scores.reason_2, scores.reason_3, scores.model_version, scores.as_of_date
    from asked
    left join scores on asked.lead_key = scores.event_id
    left join margins on asked.product_family = margins.product_family
    left join consents on asked.person_id = consents.person_id

    union all

    select
        'customer' as kind,
        offers.person_id as subject_id,
        offers.person_id,
        families.business_unit,
        offers.product_family,
        null as captured_at,
        false as is_over,
        offers.probability,
        offers.expected_margin_amount,
        coalesce(consents.has_call_marketing_consent, false) as can_call,
        coalesce(consents.has_message_consent, false) as can_message,
        coalesce(consents.is_processing_restricted, false) as is_restricted,
        offers.reason_1, offers.reason_2, offers.reason_3, offers.model_version, offers.as_of_date
    from offers
    inner join families on offers.product_family = families.product_family
    left join consents on offers.person_id = consents.person_id

),

-- The dearest way to speak to them that is still worth its cost; a lead that isn't scored yet is called. What those are
-- worth whose time is over nobody knows: a message.
chosen as (

    select
        found.*,
        actions.action,
        actions.due_hours,
        found.expected_margin_amount - actions.cost_amount as gain_amount
    from found
    left join actions
        on not found.is_restricted
        and ((actions.action = 'call' and found.can_call) or (actions.action = 'message' and found.can_message))
        and coalesce(found.expected_margin_amount >= actions.cost_amount, found.kind = 'lead' or found.is_over)
        and (actions.action = 'message' or not found.is_over)
    qualify row_number() over (
        partition by found.kind, found.subject_id, found.product_family order by actions.cost_amount desc nulls last
    ) = 1

),

final as (

    select
        kind,
        subject_id,
        person_id,
        business_unit,
        product_family,
        case when is_over then 'over' when probability is null then 'not scored' else 'scored' end as score_state,
        cast(probability as double) as probability,
        cast(expected_margin_amount as decimal(18, 2)) as expected_margin_amount,
        coalesce(action, 'none') as action,
        cast(row_number() over (
            partition by business_unit, coalesce(action, 'none')
            order by
                is_over asc, gain_amount desc nulls first, case when is_over then probability end desc nulls last,
                captured_at desc nulls last, subject_id asc
        ) as integer) as place,
        captured_at,
        case when kind = 'lead' then captured_at + to_hours(due_hours) end as due_at,
        reason_1, reason_2, reason_3, model_version, as_of_date,
        '{{ setting("currency") }}' as currency_code
    from chosen

)

select * from final
