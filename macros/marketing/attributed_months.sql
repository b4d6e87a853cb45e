{% macro attributed_months(level) -%}
    {#-
      The conversions and the value that each attribution model credits to a channel (level 'channel') or to a channel's
      campaign (level 'campaign') in each month: rules from attribution_credits, learned models from
      int_attribution__path_credits, which share the month's value as they share its conversions; what no touch led to
      keeps its own.
    -#}
    {%- set place = 'channel, campaign' if level == 'campaign' else 'channel' -%}
    select
        attribution_model, conversion_kind, month_end_date, {{ place }},
        {{ exact_sum('credit', 15) }} as credit, sum(value_amount) as value_amount
    from {{ ref('attribution_credits') }}
    group by all

    union all

    select
        learned.attribution_model, learned.conversion_kind, learned.month_end_date, {{ place }}, learned.credit,
        totals.value_amount * learned.credit / totals.credit as value_amount
    from {{ ref('int_attribution__path_credits') }} as learned
    inner join (
        select
            conversion_kind, month_end_date, channel = 'none' as is_unled,
            {{ exact_sum('credit', 15) }} as credit, sum(value_amount) as value_amount
        from {{ ref('attribution_credits') }}
        where attribution_model = 'linear'
        group by all
    ) as totals
        on learned.conversion_kind = totals.conversion_kind
        and learned.month_end_date = totals.month_end_date
        and (learned.channel = 'none') = totals.is_unled
    where learned.level = '{{ level }}'
{%- endmacro %}
