with

holders as (

    select * from {{ ref('stg_core_banking__account_holders') }}
    union all by name
    select * from {{ ref('int_superseded__account_holders') }}

),

periods as (

    select * from {{ ref('int_customer__customer_number_periods') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'account_holders'

),

-- The money is the owner's and the joint holders'; who may only dispose of it owns none.
owning as (

    select
        holders.*,
        case holders.holder_role when 'owner' then 0 else 1 end as role_rank,
        case
            when cast(holders._ingested_at as date) > first_delivery.first_delivery_date then holders._ingested_at
            else timestamp '1900-01-01'
        end as known_at
    from holders
    cross join first_delivery
    where holders.holder_role in ('owner', 'joint')

),

-- A right counts while both it and whose the customer number is are known. least() passes over nulls.
rights as (

    select
        owning.account_no,
        periods.person_id,
        owning.role_rank,
        owning.cif_no,
        owning.since_date,
        owning.until_date,
        greatest(owning.known_at, periods.known_from_at) as known_from_at,
        least(owning._superseded_at, periods.known_until_at) as known_until_at
    from owning
    inner join periods on owning.cif_no = periods.cif_no

),

-- An account's first right reaches back to whatever the account shows before it.
final as (

    select
        * replace (case
            when since_date > min(since_date) over (partition by account_no) then since_date
        end as since_date),
        count(*) over (partition by account_no) as right_count
    from rights
    where coalesce(known_from_at < known_until_at, true)

)

select * from final
