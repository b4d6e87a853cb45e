{% macro known_month(known_at, not_before=none) -%}
    {#-
      The end of the first month at whose closing something was known. A month is closed month_closing_days after its
      end, at the end of that day in the bank's time zone. Null stays null.
      known_at: UTC timestamp. not_before: month end before which the answer is of no use, such as the event's own month.
    -#}
    {%- set month = 'last_day(cast(' ~ local_date(known_at) ~ ' - ' ~ var('month_closing_days') ~ ' as date))' -%}
    {#- greatest() passes over nulls. -#}
    {{ 'case when ' ~ month ~ ' >= ' ~ not_before ~ ' then ' ~ month ~ ' when ' ~ month ~ ' < ' ~ not_before ~ ' then ' ~ not_before ~ ' end' if not_before else month }}
{%- endmacro %}
