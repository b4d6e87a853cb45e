with

ledger as (

    select * from {{ ref('int_identity__id_ledger') }}
    where identifier_type = 'login' and change_type in ('held', 'released')

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'digital' and table_name = 'events'

),

-- The ledger says from when on a login was whose, a row a build in which that changed.
turns as (

    select
        value_key,
        person_id,
        change_no,
        change_type = 'held' as is_held,
        case change_type when 'held' then valid_from else changed_at end as turned_at
    from ledger
    qualify row_number() over (
        partition by value_key, change_no order by change_type = 'held' desc, person_id
    ) = 1

),

periods as (

    select
        *,
        lag(change_no) over by_login is null as is_first,
        lead(turned_at) over by_login as next_turned_at
    from turns
    window by_login as (partition by value_key order by change_no)

),

-- Logins of the first delivery were somebody's before the records of this house began.
final as (

    select
        periods.value_key,
        periods.person_id,
        case
            when periods.is_first and cast(periods.turned_at as date) <= first_delivery.first_delivery_date
                then timestamp '1900-01-01'
            else periods.turned_at
        end as known_from_at,
        periods.next_turned_at as known_until_at
    from periods
    cross join first_delivery
    where periods.is_held and coalesce(periods.next_turned_at > periods.turned_at, true)

)

select * from final
