with

holders as (

    select * from {{ ref('stg_core_banking__account_holders') }}

),

customers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- The money is the owner's and the joint holders', in equal parts; who may only dispose of it owns none.
owners as (

    select
        holders.account_no,
        customers.person_id,
        min(case holders.holder_role when 'owner' then 0 else 1 end) as role_rank,
        min(holders.cif_no) as cif_no
    from holders
    inner join customers on holders.cif_no = customers.cif_no
    cross join as_of
    where
        holders.holder_role in ('owner', 'joint')
        and coalesce(holders.since_date, as_of.as_of_date) <= as_of.as_of_date
        and coalesce(holders.until_date, as_of.as_of_date) >= as_of.as_of_date
    group by holders.account_no, customers.person_id

),

final as (

    select
        account_no,
        person_id,
        count(*) over (partition by account_no) as owner_count,
        row_number() over (partition by account_no order by role_rank, cif_no) = 1 as is_main_owner
    from owners

)

select * from final
