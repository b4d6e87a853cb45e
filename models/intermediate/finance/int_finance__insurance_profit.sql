with

policies as (

    select
        *,
        case premium_frequency when 'monthly' then 1 when 'quarterly' then 3 when 'annual' then 12 end as period_months,
        -- A policy that lapsed or was cancelled ended when its record last changed.
        case
            when policy_status = 'active' then end_date
            else least(coalesce(end_date, {{ local_date('updated_at') }}), {{ local_date('updated_at') }})
        end as last_date
    from {{ ref('stg_insurance__policies') }}
    where currency_code = '{{ setting("currency") }}'

),

products as (

    select * from {{ ref('products') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

commission_rates as (

    select * from {{ ref('int_finance__commission_rates') }}
    where product_family = 'insurance' and commission_basis = 'premium'

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver = 'account' and cost_kind = 'insurance'

),

-- A single premium is due when cover begins, the others again after each period.
policy_months as (

    select
        policies.*,
        months.month_end_date,
        date_diff('month', policies.start_date, months.month_end_date)
        % coalesce(policies.period_months, 100000) = 0 as is_premium_due
    from policies
    inner join months
        on policies.start_date <= months.as_of_date
        and coalesce(last_day(policies.last_date) >= months.month_end_date, true)

),

final as (

    select
        policy_months.policy_no,
        policy_months.cif_no,
        policy_months.product_code,
        policy_months.month_end_date,
        true as is_held,
        case
            when policy_months.is_premium_due
                then cast(round(
                    policy_months.premium_amount * coalesce(commission_rates.commission_rate, 0), 2
                ) as decimal(18, 2))
            else 0
        end as commission_amount,
        -cast(round(coalesce(unit_costs.unit_cost, 0), 2) as decimal(18, 2)) as servicing_cost_amount
    from policy_months
    left join products on policy_months.product_code = products.product_code
    left join commission_rates
        on coalesce(products.product_group, 'any') = commission_rates.product_group
        and policy_months.month_end_date = commission_rates.month_end_date
    left join unit_costs on policy_months.month_end_date = unit_costs.month_end_date

)

select * from final
