with

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

customers as (

    select cif_no, _first_ingested_at from {{ ref('stg_core_banking__customers') }}
    union all
    select cif_no, _first_ingested_at from {{ ref('int_superseded__customers') }}

),

ledger as (

    select * from {{ ref('int_identity__id_ledger') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'customers'

),

arrivals as (

    select
        cif_no,
        min(_first_ingested_at) as first_ingested_at,
        {{ key64("'customer_number:' || cif_no") }} as value_key
    from customers
    group by cif_no

),

-- The ledger says from when on a value was whose, a row a build in which that changed.
turns as (

    select
        arrivals.cif_no,
        arrivals.first_ingested_at,
        ledger.person_id,
        ledger.change_no,
        ledger.change_type = 'held' as is_held,
        case ledger.change_type when 'held' then ledger.valid_from else ledger.changed_at end as turned_at
    from arrivals
    inner join ledger on arrivals.value_key = ledger.value_key
    where ledger.change_type in ('held', 'released')
    qualify row_number() over (
        partition by arrivals.cif_no, ledger.change_no order by ledger.change_type = 'held' desc, ledger.person_id
    ) = 1

    union all

    -- A number without a ledger, since identity blocked it, was always whose it is now.
    select
        arrivals.cif_no,
        arrivals.first_ingested_at,
        customer_numbers.person_id,
        0 as change_no,
        true as is_held,
        arrivals.first_ingested_at as turned_at
    from arrivals
    inner join customer_numbers on arrivals.cif_no = customer_numbers.cif_no
    anti join ledger on arrivals.value_key = ledger.value_key

),

periods as (

    select
        *,
        lag(change_no) over by_number is null as is_first,
        lead(turned_at) over by_number as next_turned_at
    from turns
    window by_number as (partition by cif_no order by change_no)

),

-- Customers that came with the first delivery were customers before the records of this house began.
final as (

    select
        periods.cif_no,
        periods.person_id,
        case
            when periods.is_first and cast(periods.first_ingested_at as date) <= first_delivery.first_delivery_date
                then timestamp '1900-01-01'
            else periods.turned_at
        end as known_from_at,
        periods.next_turned_at as known_until_at
    from periods
    cross join first_delivery
    where periods.is_held and coalesce(periods.next_turned_at > periods.turned_at, true)

)

select * from final
