{%- set attributes = [
    'age_years', 'tenure_months', 'income_amount', 'deposit_balance_amount', 'deposit_account_count',
    'credit_card_count', 'credit_limit_amount', 'credit_used_amount', 'points_balance', 'card_spend_12m_amount',
    'inflow_3m_amount', 'outflow_3m_amount',
] -%}
with

customers as not materialized (select * from {{ ref('customer_360_pseudonymous') }}),

membership as not materialized (select * from {{ ref('segment_membership') }}),

numbers as (select segment, row_number() over (order by segment) as segment_no from membership group by segment),

people as (

    select membership.person_id, list_sort(list(numbers.segment_no)) as segment_nos
    from membership
    inner join numbers on membership.segment = numbers.segment
    group by membership.person_id

),

-- People of the same segments are added up first, so that each person is read once, not once for each segment.
-- Decimals, because sums of floats depend on the order of rows; squares of 18 digits don't fit into 18, those of 19 are
-- kept in 38.
sets as (

    select
        people.segment_nos
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
    left join people on customers.person_id = people.person_id
    group by people.segment_nos

),

-- Everybody stands under number 0.
of_segments as (select *, unnest(list_append(coalesce(segment_nos, []), 0)) as segment_no from sets),

sums as (

    select
        of_segments.segment_no
        {%- for attribute in attributes %},
        struct_pack(
            n := cast(sum({{ attribute }}.n) as bigint),
            total := sum({{ attribute }}.total),
            squares := sum({{ attribute }}.squares)
        ) as {{ attribute }}
        {%- endfor %}
    from of_segments
    group by of_segments.segment_no

),

attribute_sums as (unpivot sums on {{ attributes | join(', ') }} into name attribute value figures),

flat as (

    select
        numbers.segment,
        attribute_sums.segment_no,
        attribute_sums.attribute,
        struct_extract(attribute_sums.figures, 'n') as n,
        struct_extract(attribute_sums.figures, 'total') as total,
        struct_extract(attribute_sums.figures, 'squares') as squares
    from attribute_sums
    left join numbers on attribute_sums.segment_no = numbers.segment_no

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
    where inside.segment_no > 0 and everybody.segment_no = 0 and inside.n > 0

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
