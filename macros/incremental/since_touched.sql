{% macro since_touched(touched, moment, prefix='and') %}
    {#-
      A condition, beside the join to the touched groups, that lets an incremental run read nothing older than the first
      of their months: what a day costs then follows how late records arrive, and not how long the history is. It is a
      literal because DuckDB skips blocks of rows only for literals.
      touched: the relation of touched_groups, with a column month_end_date or event_date. moment: the UTC timestamp from
      whose day in the bank's time zone the group's month or day comes. prefix: `and`, or `where` for the only condition.
    -#}
    {%- if this and execute and model.resource_type == 'model' and flags.WHICH in ['build', 'run', 'retry'] and is_incremental() -%}
        {%- set column = 'month_end_date' if 'month_end_date' in config.get('unique_key') else 'event_date' -%}
        {%- set first = query_value(
            "select coalesce(cast(date_trunc('month', min(" ~ column ~ ")) - interval 1 day as date), date '9999-12-31') from " ~ touched
        ) -%}
        {{ return(prefix ~ ' ' ~ moment ~ " >= timestamp '" ~ first ~ "'") }}
    {%- endif -%}
{% endmacro %}
