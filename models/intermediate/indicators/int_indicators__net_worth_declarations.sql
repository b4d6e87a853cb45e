with

customers as (

    select * from {{ ref('stg_core_banking__customers') }}

),

risk_profiles as (

    select * from {{ ref('stg_wealth__risk_profiles') }}

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A form without a day is no younger than the last look at the customer's documents.
statements as (

    select
        cif_no,
        'KYC form' as declared_in,
        declared_net_worth_amount,
        currency_code,
        coalesce(net_worth_declared_date, {{ local_date('coalesce(kyc_verified_at, registered_at)') }})
            as declared_date,
        cif_no as statement_no
    from customers
    where declared_net_worth_amount is not null

    union all

    select
        cif_no,
        'suitability test' as declared_in,
        declared_net_worth_amount,
        currency_code,
        {{ local_date('assessed_at') }} as declared_date,
        risk_profile_id as statement_no
    from risk_profiles
    where declared_net_worth_amount is not null

),

-- What was said too long ago says little of today, and nobody has declared anything yet tomorrow.
final as (

    select
        customer_numbers.person_id,
        statements.declared_net_worth_amount,
        statements.declared_date,
        statements.declared_in
    from statements
    inner join customer_numbers on statements.cif_no = customer_numbers.cif_no
    cross join as_of
    where
        coalesce(statements.currency_code, '{{ setting("currency") }}') = '{{ setting("currency") }}'
        and statements.declared_date <= as_of.as_of_date
        and statements.declared_date > as_of.as_of_date - interval {{ var('net_worth_holds_months') }} month
    qualify row_number() over (
        partition by customer_numbers.person_id
        order by statements.declared_date desc, statements.declared_in asc, statements.statement_no asc
    ) = 1

)

select * from final
