{{ config(materialized='view') }}

with

account_owners as (

    select * from {{ ref('int_customer__account_owners') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

final as (

    select
        account_owners.account_no,
        account_owners.person_id,
        account_owners.owner_count,
        account_owners.is_main_owner
    from account_owners
    inner join as_of
        on as_of.month_end_date between account_owners.from_month_end_date and account_owners.to_month_end_date
    where account_owners.known_to_month_end_date = date '9999-12-31'

)

select * from final
