{% macro check_lake_columns() %}
    {#- Stop if a contract has a column that the lake doesn't have yet; ingestion brings the lake up to its contracts. -#}
    {%- set found = run_query(
        "select table_schema || '.' || table_name || '.' || column_name from information_schema.columns"
    ).columns[0].values() | list -%}
    {%- set lacking = [] -%}
    {%- for node in graph.sources.values() -%}
        {%- for column in node.columns if node.source_name ~ '.' ~ node.name ~ '.' ~ column not in found -%}
            {%- do lacking.append(node.source_name ~ '.' ~ node.name ~ '.' ~ column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if lacking -%}
        {{ exceptions.raise_compiler_error(
            'The lake lacks what the contracts have: ' ~ lacking | sort | join(', ') ~ '. Run `cardinal ingest`.'
        ) }}
    {%- endif -%}
{% endmacro %}
