{% macro lake_ledger(name, columns) %}
    {#-
      The rows of a ledger as the lake has them when this model runs: history that can't be derived again from the
      sources. One file a build that changed something, `lake/_<name>/<change_no>.parquet`; none of them is ever
      written again. See write_lake_ledger.
      columns: Types of the columns by name; change_no, the number of the build, comes first by itself. A column that the
      files don't know yet is null.
    -#}
    {%- set files = env_var('CARDINAL_HOME', 'data') ~ '/lake/_' ~ name ~ '/[0-9]*.parquet' -%}
    {%- if execute and run_query("select file from glob('" ~ files ~ "') limit 1").rows -%}
    {%- set there = run_query(
        "select name from parquet_schema('" ~ files ~ "') group by name"
    ).columns[0].values() %}
    select
        change_no
        {%- for column, type in columns.items() %},
        {{ column if column in there else 'cast(null as ' ~ type ~ ') as ' ~ column }}
        {%- endfor %}
    from read_parquet('{{ files }}', union_by_name = true)
    {%- else -%}
    select
        cast(null as integer) as change_no
        {%- for column, type in columns.items() %},
        cast(null as {{ type }}) as {{ column }}
        {%- endfor %}
    where false
    {%- endif -%}
{% endmacro %}
