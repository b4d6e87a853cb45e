with

changes as (select * from {{ ref('int_customer__profile_changes') }}),

loans as (

    select
        persons.person_id,
        products.product_group,
        loans.loan_no,
        loans.loan_status not in ('applied', 'declined') as is_paid_out,
        coalesce(loans.disbursed_date, {{ local_date('loans.applied_at') }}) as loan_date
    from {{ ref('stg_lending__loans') }} as loans
    inner join {{ ref('int_customer__customer_numbers') }} as persons on loans.cif_no = persons.cif_no
    inner join {{ ref('products') }} as products on loans.product_code = products.product_code
    where products.product_group in ('mortgage', 'auto_loan')

),

policies as (select * from {{ ref('int_customer__policy_contracts') }}),

pensions as (select * from {{ ref('int_customer__pension_starts') }}),

profiles as (select * from {{ ref('int_customer__profiles') }}),

as_of as (select * from {{ ref('int_customer__as_of') }}),

-- Whoever declared to be married, and not only of late, doesn't marry because of what they buy.
long_married as (

    select person_id from profiles where marital_status = 'married'
    except
    select person_id from changes where attribute = 'marital_status' and new_value = 'married'

),

-- A surge in the month that still runs is seen today; its event is dated from the month's end, so that it stays put.
surges as (

    select surges.*, least(surges.month_end_date, as_of.as_of_date) as evidence_date
    from {{ ref('int_customer__signal_surges') }} as surges
    cross join as_of

),

evidence as (

    select person_id, 'marriage' as event_kind, 'marital_status_changed' as evidence_kind, changed_date as evidence_date
    from changes
    where attribute = 'marital_status' and new_value = 'married'
    union all
    select person_id, 'retirement' as event_kind, 'occupation_changed' as evidence_kind, changed_date as evidence_date
    from changes
    where attribute = 'occupation' and lower(new_value) = 'retired'
    union all
    select person_id, 'relocation' as event_kind, 'province_changed' as evidence_kind, changed_date as evidence_date
    from changes
    where attribute = 'province'
    union all
    select
        changes.person_id,
        'house' as event_kind,
        'address_changed' as evidence_kind,
        changes.changed_date as evidence_date
    from changes
    anti join changes as moves
        on changes.cif_no = moves.cif_no and changes.changed_date = moves.changed_date and moves.attribute = 'province'
    where changes.attribute = 'address'
    union all
    select
        person_id,
        case product_group when 'mortgage' then 'house' else 'car' end as event_kind,
        product_group || case when is_paid_out then '_opened' else '_applied' end as evidence_kind,
        loan_date as evidence_date
    from loans
    union all
    select person_id, 'child' as event_kind, 'child_beneficiary' as evidence_kind, opened_date as evidence_date
    from policies
    where beneficiary_relation = 'child'
    union all
    select person_id, 'retirement' as event_kind, 'pension_started' as evidence_kind, started_date as evidence_date
    from pensions
    union all by name
    select surges.person_id, surges.event_kind, surges.evidence_kind, surges.evidence_date, surges.month_end_date
    from surges
    left join long_married on surges.person_id = long_married.person_id
    where surges.event_kind != 'marriage' or long_married.person_id is null

),

final as (

    select
        evidence.person_id,
        evidence.event_kind,
        evidence.evidence_kind,
        evidence.evidence_date,
        cast(coalesce(evidence.month_end_date, evidence.evidence_date) + signs.shift_days as date) as event_date,
        signs.weight,
        signs.evidence_text,
        count(*) as sign_count
    from evidence
    inner join {{ ref('life_event_evidence') }} as signs
        on evidence.event_kind = signs.event_kind and evidence.evidence_kind = signs.evidence_kind
    where evidence.evidence_date is not null
    group by all

)

select * from final
