{% macro campaign_mark(events) -%}
    {#- What tells one campaign from another on a row of stg_digital__events; nothing unless another campaign ends a visit. -#}
    {%- if var('visit_ends_with_new_campaign') -%}
        coalesce(
            case
                when {{ events }}.traffic_campaign is not null then concat_ws(
                    '|', {{ events }}.traffic_source, {{ events }}.traffic_medium, {{ events }}.traffic_campaign
                )
            end,
            {{ events }}.gclid,
            {{ events }}.fbclid
        )
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
