with

policies as (

    select * from {{ ref('int_customer__policy_contracts') }}
    where is_open

),

final as (

    select
        person_id,
        cast(count(*) as integer) as policy_count,
        cast(count(*) filter (where product_group = 'life') as integer) as life_policy_count,
        cast(count(*) filter (where product_group = 'health') as integer) as health_policy_count,
        cast(count(*) filter (where product_group = 'tax_saving') as integer) as tax_saving_policy_count,
        -- A tax-saving policy insures a life too.
        cast(coalesce(sum(coverage_amount) filter (where product_group in ('life', 'tax_saving')), 0) as decimal(18, 2))
            as life_coverage_amount,
        cast(coalesce(sum(coverage_amount) filter (where product_group = 'health'), 0) as decimal(18, 2))
            as health_coverage_amount,
        cast(sum(yearly_premium_amount) as decimal(18, 2)) as yearly_premium_amount,
        cast(coalesce(sum(yearly_premium_amount) filter (where is_tax_deductible), 0) as decimal(18, 2))
            as tax_deductible_premium_amount,
        min(end_date) as next_policy_end_date
    from policies
    group by person_id

)

select * from final
