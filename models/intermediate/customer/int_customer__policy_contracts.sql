with

policies as (

    select * from {{ ref('stg_insurance__policies') }}
    where currency_code = '{{ setting("currency") }}'

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

products as (

    select * from {{ ref('products') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

final as (

    select
        policies.policy_no,
        persons.person_id,
        policies.product_code,
        products.product_group,
        policies.policy_status,
        policies.policy_status = 'active' and coalesce(policies.end_date >= as_of.as_of_date, true) as is_open,
        policies.coverage_amount,
        -- A single premium is paid once and weighs on no year.
        policies.premium_amount
            * case policies.premium_frequency
                when 'monthly' then 12 when 'quarterly' then 4 when 'annual' then 1 else 0
            end
            as yearly_premium_amount,
        coalesce(policies.is_tax_deductible, false) as is_tax_deductible,
        policies.beneficiary_relation,
        policies.start_date as opened_date,
        policies.end_date,
        case
            when policies.policy_status != 'active'
                then least({{ local_date('policies.updated_at') }}, policies.end_date)
            when policies.end_date < as_of.as_of_date then policies.end_date
        end as closed_date
    from policies
    inner join persons on policies.cif_no = persons.cif_no
    left join products on policies.product_code = products.product_code
    cross join as_of

)

select * from final
