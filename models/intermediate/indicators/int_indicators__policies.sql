with

policies as (

    select * from {{ ref('stg_insurance__policies') }}
    where policy_status != 'cancelled'

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

final as (

    select
        customer_numbers.person_id,
        count(*) as policy_count,
        cast(sum(policies.coverage_amount) filter (where policies.currency_code = '{{ setting("currency") }}')
            as decimal(18, 2)) as coverage_amount,
        count(*) filter (where policies.beneficiary_relation = 'spouse') as spouse_policy_count,
        count(*) filter (where policies.beneficiary_relation = 'child') as child_policy_count,
        count(*) filter (where policies.beneficiary_relation = 'parent') as parent_policy_count
    from policies
    inner join customer_numbers on policies.cif_no = customer_numbers.cif_no
    group by customer_numbers.person_id

)

select * from final
