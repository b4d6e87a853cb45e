with

customers as (

    select
        cif_no,
        last_name,
        last_name_latin,
        {{ local_date('kyc_verified_at') }} as verified_date,
        {{ normalise_address(['address_line', 'district', 'postal_code', 'country_code']) }} as address
    from {{ ref('stg_core_banking__customers') }}
    where kyc_verified_at is not null and closed_at is null and address_line is not null and postal_code is not null

),

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}
    where closed_date is null

),

holders as (

    -- Who may only dispose of an account (authorised) needn't live with its owner.
    select * from {{ ref('stg_core_banking__account_holders') }}
    where holder_role in ('owner', 'joint')

),

customer_numbers as (

    select record_id as cif_no, person_id
    from {{ ref('int_identity__person_records') }}
    where source_name = 'core_banking' and table_name = 'customers'

),

rules as (

    select * from {{ ref('household_rules') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A surname counts in either script, so that a slip in one doesn't part a family.
surnames as (

    select cif_no, verified_date, address, lower(last_name) as surname from customers where last_name is not null
    union all
    select cif_no, verified_date, address, lower(last_name_latin) as surname from customers
    where last_name_latin is not null

),

shown as (

    select
        'shared_address' as evidence_type,
        md5(surnames.address || '|' || surnames.surname) as evidence_key,
        customer_numbers.person_id,
        min(surnames.verified_date) as since_date
    from surnames
    inner join customer_numbers on surnames.cif_no = customer_numbers.cif_no
    group by surnames.address, surnames.surname, customer_numbers.person_id

    union all

    select
        'joint_account' as evidence_type,
        holders.account_no as evidence_key,
        customer_numbers.person_id,
        min(holders.since_date) as since_date
    from holders
    inner join accounts on holders.account_no = accounts.account_no
    inner join customer_numbers on holders.cif_no = customer_numbers.cif_no
    cross join as_of
    where
        coalesce(holders.since_date, as_of.as_of_date) <= as_of.as_of_date
        and coalesce(holders.until_date, as_of.as_of_date) >= as_of.as_of_date
    group by holders.account_no, customer_numbers.person_id

),

counted as (

    select
        *,
        cast(count(*) over (partition by evidence_type, evidence_key) as integer) as person_count
    from shown

),

final as (

    select
        counted.evidence_type,
        counted.evidence_key,
        counted.person_id,
        counted.since_date,
        counted.person_count,
        counted.person_count <= rules.max_people as is_admitted
    from counted
    inner join rules on counted.evidence_type = rules.rule
    where counted.person_count > 1

)

select * from final
