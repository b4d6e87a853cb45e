with

rights as (

    select * from {{ ref('int_customer__account_rights') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

-- What is known now is known at a closing that never comes.
closings as (

    select month_end_date, closes_at from months
    union all
    select date '9999-12-31' as month_end_date, timestamp 'infinity' as closes_at

),

in_force as (

    select
        rights.*,
        months.month_end_date,
        closings.month_end_date as known_month_end_date
    from rights
    inner join months
        on coalesce(rights.since_date, months.as_of_date) <= months.as_of_date
        and coalesce(rights.until_date, months.as_of_date) >= months.as_of_date
    inner join closings
        on rights.known_from_at < closings.closes_at
        and coalesce(rights.known_until_at >= closings.closes_at, true)
    where rights.right_count > 1 and months.month_end_date <= closings.month_end_date

),

-- What is shared or changes hands is told for each month, and for each closing at which that was known.
shared as (

    select
        account_no,
        person_id,
        month_end_date as from_month_end_date,
        month_end_date as to_month_end_date,
        known_month_end_date as known_from_month_end_date,
        known_month_end_date as known_to_month_end_date,
        count(*) over by_month as owner_count,
        row_number() over (by_month order by min(role_rank), min(cif_no)) = 1 as is_main_owner
    from in_force
    group by account_no, person_id, month_end_date, known_month_end_date
    window by_month as (partition by account_no, month_end_date, known_month_end_date)

),

-- Nearly all accounts have one right, in force without a gap, and need no look at each month.
single as (

    select
        rights.account_no,
        rights.person_id,
        date '1900-01-31' as from_month_end_date,
        case
            when rights.until_date is null then date '9999-12-31'
            else (select max(months.month_end_date) from months where months.as_of_date <= rights.until_date)
        end as to_month_end_date,
        (
            select min(closings.month_end_date) from closings
            where
                rights.known_from_at < closings.closes_at
                and coalesce(rights.known_until_at >= closings.closes_at, true)
        ) as known_from_month_end_date,
        (
            select max(closings.month_end_date) from closings
            where
                rights.known_from_at < closings.closes_at
                and coalesce(rights.known_until_at >= closings.closes_at, true)
        ) as known_to_month_end_date,
        1 as owner_count,
        true as is_main_owner
    from rights
    where rights.right_count = 1

),

final as (

    select * from single
    where to_month_end_date is not null and known_from_month_end_date is not null
    union all
    select * from shared

)

select * from final
