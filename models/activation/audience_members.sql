-- Written by `make docs` from audiences/*.yml: change those.
with

best_customers as (

    select
        'best_customers' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_champions') }}
        union
        select person_id from {{ ref('seg_top_spenders') }}
    ) as candidates

),

card_activation as (

    select
        'card_activation' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_inactive_card_holders') }}
    ) as candidates

),

card_prospects as (

    select
        'card_prospects' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_without_credit_card') }}
    ) as candidates
    semi join {{ ref('seg_salary_earners') }} as salary_earners
        on candidates.person_id = salary_earners.person_id

),

card_seekers as (

    select
        'card_seekers' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_without_credit_card') }}
        union
        select person_id from {{ ref('seg_salary_earners') }}
    ) as candidates

),

points_reminder as (

    select
        'points_reminder' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_points_rich') }}
    ) as candidates

),

win_back as (

    select
        'win_back' as audience,
        candidates.person_id
    from (
        select person_id from {{ ref('seg_at_risk') }}
        union
        select person_id from {{ ref('seg_hibernating') }}
    ) as candidates
    anti join {{ ref('seg_new_customers') }} as new_customers
        on candidates.person_id = new_customers.person_id

),

programmes as (

    select
        audience,
        person_id
    from {{ ref('audience_messages') }}

),

final as (

    select * from best_customers
    union all
    select * from card_activation
    union all
    select * from card_prospects
    union all
    select * from card_seekers
    union all
    select * from points_reminder
    union all
    select * from win_back
    union all
    select * from programmes

)

select * from final
