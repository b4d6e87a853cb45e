with

account_owners as (

    select * from {{ ref('int_customer__account_owners') }}

),

cards as (

    select * from {{ ref('int_customer__card_periods') }}

),

numbers as (

    select * from {{ ref('int_customer__customer_number_periods') }}

),

-- What is known now is known at a closing that never comes.
closings as (

    select month_end_date, closes_at from {{ ref('int_customer__calendar') }}
    union all
    select date '9999-12-31' as month_end_date, timestamp 'infinity' as closes_at

),

periods as (

    select 'card' as holder_type, card_token as holder_no, person_id, known_from_at, known_until_at
    from cards
    union all
    select 'customer_number' as holder_type, cif_no as holder_no, person_id, known_from_at, known_until_at
    from numbers

),

-- Whom a movement on an account, a card or under a customer number belongs to: of a joint account, its main owner.
final as (

    select
        'account' as holder_type,
        account_no as holder_no,
        person_id,
        from_month_end_date,
        to_month_end_date,
        known_from_month_end_date,
        known_to_month_end_date
    from account_owners
    where is_main_owner

    union all

    select
        periods.holder_type,
        periods.holder_no,
        periods.person_id,
        date '1900-01-31' as from_month_end_date,
        date '9999-12-31' as to_month_end_date,
        min(closings.month_end_date) as known_from_month_end_date,
        max(closings.month_end_date) as known_to_month_end_date
    from periods
    inner join closings
        on periods.known_from_at < closings.closes_at
        and coalesce(periods.known_until_at >= closings.closes_at, true)
    group by periods.holder_type, periods.holder_no, periods.person_id, periods.known_from_at

)

select * from final
