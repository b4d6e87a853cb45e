{% macro may_be_several_visits() -%}
    {#- Whether anything in a group of events may end a visit as visits_and_parts ends it: an aggregate that is cheap. -#}
    max(occurred_at) > min(occurred_at) + interval '{{ var("visit_timeout_minutes") }}' minute
    {%- if var("visit_ends_at_midnight") %}
    or {{ local_date('max(occurred_at)') }} != {{ local_date('min(occurred_at)') }}
    {%- endif %}
    {%- if var("visit_ends_with_new_campaign") %}
    or count(campaign_mark) > 0
    {%- endif %}
{%- endmacro %}
