{% macro touched_months(staging_models) %}
    {#-
      The months that a model of figures as known at closing has to compute again: those at whose closing anything was
      known that has arrived since the model last ran (of these staging models), and those that have come, grown or been
      closed since. In daily runs that is the newest month; after a delivery that is dated back, all months since.
      The model has the columns month_end_date, as_of_date and is_closed of int_customer__calendar and runs with
      unique_key ['month_end_date'], the strategy touched_groups and the post-hook remember_seen().
      Returns a relation with the column month_end_date; see touched_groups.
    -#}
    {%- if not this -%}{{ return('') }}{%- endif -%}
    {%- set calendar, changes = ref('int_customer__calendar'), {} -%}
    {%- for staging_model in staging_models -%}
        {%- do changes.update({staging_model: [
            'select month_end_date from ' ~ calendar ~ ' where closes_at > (select min(changed_at) from changed)'
        ]}) -%}
    {%- endfor -%}
    {{ return(touched_groups(changes, log='int_events__arrivals', also=
        'select calendar.month_end_date from ' ~ calendar ~ ' as calendar anti join ' ~ this ~ ' as held on calendar.month_end_date = '
        ~ 'held.month_end_date and calendar.as_of_date = held.as_of_date and calendar.is_closed = held.is_closed'
    )) }}
{% endmacro %}
