{%- set attributes = [
    'age_years', 'tenure_months', 'income_amount', 'deposit_balance_amount', 'deposit_account_count',
    'credit_card_count', 'credit_limit_amount', 'credit_used_amount', 'points_balance', 'card_spend_12m_amount',
    'inflow_3m_amount', 'outflow_3m_amount',
] -%}
with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

membership as (

    select * from {{ ref('segment_membership') }}

),

-- Each of everybody, and once more for each segment that they are in: null stands for all. Decimals, because sums of
-- floats depend on the order of rows; squares of 18 digits don't fit into 18, those of 19 are kept in 38.
sums as (

    select
        membership.segment
        {%- for attribute in attributes %},
        struct_pack(
            n := count(customers.{{ attribute }}),
            total := coalesce(sum(cast(customers.{{ attribute }} as decimal(18, 2))), 0),
            squares := coalesce(sum(
                cast(customers.{{ attribute }} as decimal(19, 2)) * cast(customers.{{ attribute }} as decimal(19, 2))
            ), 0)
        ) as {{ attribute }}
        {%- endfor %}
    from customers
    inner join membership on customers.person_id = membership.person_id
    group by membership.segment

    union all

    select
        null as segment
        {%- for attribute in attributes %},
        struct_pack(
            n := count({{ attribute }}),
            total := coalesce(sum(cast({{ attribute }} as decimal(18, 2))), 0),
            squares := coalesce(sum(
                cast({{ attribute }} as decimal(19, 2)) * cast({{ attribute }} as decimal(19, 2))
            ), 0)
        )
        {%- endfor %}
    from customers

),

attribute_sums as (

    unpivot sums on {{ attributes | join(', ') }} into name attribute value numbers

),

flat as (

    select
        segment,
        attribute,
        struct_extract(numbers, 'n') as n,
        struct_extract(numbers, 'total') as total,
        struct_extract(numbers, 'squares') as squares
    from attribute_sums

),

compared as (

    select
        inside.segment,
        inside.attribute,
        inside.n as member_count,
        inside.total / nullif(inside.n, 0) as member_mean,
        (everybody.total - inside.total) / nullif(everybody.n - inside.n, 0) as other_mean,
        sqrt(greatest(
            everybody.squares / nullif(everybody.n, 0) - power(everybody.total / nullif(everybody.n, 0), 2), 0
        )) as deviation
    from flat as inside
    inner join flat as everybody on inside.attribute = everybody.attribute
    where inside.segment is not null and everybody.segment is null and inside.n > 0

),

differences as (

    select *, round((member_mean - other_mean) / nullif(deviation, 0), 6) as difference_in_deviations
    from compared

),

final as (

    select
        segment,
        attribute,
        cast(member_count as integer) as member_count,
        member_mean,
        other_mean,
        difference_in_deviations,
        cast(row_number() over (
            partition by segment order by abs(difference_in_deviations) desc nulls last, attribute
        ) as integer) as rank_no
    from differences

)

select * from final
