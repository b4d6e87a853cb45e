with

segments as (

    {% for name in segment_names() -%}
    select '{{ name }}' as segment
    {% if not loop.last %}union all
    {% endif %}{%- endfor %}

),

history as (

    select * from {{ ref('segment_membership_history') }}

),

customers as (

    select max(as_of_date) as as_of_date, count(*) as customer_count from {{ ref('customer_360_pseudonymous') }}

),

counts as (

    select
        history.segment,
        count(*) filter (history.is_member) as member_count,
        count(*) filter (history.valid_from > customers.as_of_date - interval 30 day) as entered_30d_count,
        count(*) filter (history.valid_to > customers.as_of_date - interval 30 day) as left_30d_count
    from history
    cross join customers
    group by history.segment

),

final as (

    select
        segments.segment,
        customers.as_of_date,
        cast(coalesce(counts.member_count, 0) as integer) as member_count,
        coalesce(counts.member_count, 0) / nullif(customers.customer_count, 0) as member_rate,
        cast(coalesce(counts.entered_30d_count, 0) as integer) as entered_30d_count,
        cast(coalesce(counts.left_30d_count, 0) as integer) as left_30d_count
    from segments
    cross join customers
    left join counts on segments.segment = counts.segment

)

select * from final
