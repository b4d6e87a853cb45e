with

months as (

    select
        features.*,
        ids.current_person_id
    from {{ ref('ftr_customer__monthly') }} as features
    inner join {{ ref('current_person_ids') }} as ids on features.person_id = ids.person_id

),

consents as (

    select * from {{ ref('int_customer__consent_state') }}

),

-- The newest month counts, of two who turned out to be one person the one that owes more.
newest as (

    select
        current_person_id as person_id,
        coalesce(debt_days_past_due, 0) > 0 or coalesce(missed_payment_12m_count, 0) >= 3 as is_in_arrears,
        coalesce(nullif(salary_amount, 0), inflow_3m_amount / 3) as income_amount,
        -- Of what is owed by card, a twentieth has to be paid each month.
        coalesce(debt_instalment_amount, 0) + coalesce(card_balance_amount, 0) / 20 as debt_service_amount,
        coalesce(card_limit_amount, 0) as card_limit_amount
    from months
    qualify row_number() over (
        partition by current_person_id order by month_end_date desc, debt_outstanding_amount desc, person_id asc
    ) = 1

),

persons as (

    select person_id from newest
    union
    select person_id from consents

),

final as (

    select
        persons.person_id,
        coalesce(consents.is_processing_restricted, false) as is_processing_restricted,
        coalesce(consents.has_credit_offers_consent, false) as has_credit_offers_consent,
        coalesce(newest.is_in_arrears, false) as is_in_arrears,
        cast(newest.income_amount as decimal(18, 2)) as income_amount,
        cast(newest.debt_service_amount as decimal(18, 2)) as debt_service_amount,
        cast(newest.card_limit_amount as decimal(18, 2)) as card_limit_amount,
        '{{ setting("currency") }}' as currency_code
    from persons
    left join newest on persons.person_id = newest.person_id
    left join consents on persons.person_id = consents.person_id

)

select * from final
