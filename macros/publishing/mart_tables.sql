{% macro mart_tables() -%}
    {#-
      What the project builds in the files of marts: a list of dictionaries with unique_id, database, schema, name and
      key, the columns that a test over all rows proves to be unique; the fewest of them, empty if no test does.
    -#}
    {%- set keys = {} -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.test_metadata
            and test.test_metadata.name in ['unique', 'unique_combination'] and not test.config.where
            and test.config.severity | lower == 'error' -%}
        {%- set key = [test.column_name] if test.test_metadata.name == 'unique' else test.test_metadata.kwargs.columns -%}
        {%- do keys.setdefault(test.attached_node, []).append({'columns': key, 'rank': '%03d' % (key | length) ~ key | join(' ')}) -%}
    {%- endfor -%}
    {%- set tables = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') if node.resource_type in ['model', 'seed', 'snapshot']
            and node.database in mart_databases() and node.config.materialized != 'ephemeral' -%}
        {%- set best = keys.get(node.unique_id, []) | sort(attribute='rank') | first -%}
        {%- do tables.append({
            'unique_id': node.unique_id, 'database': node.database, 'schema': node.schema,
            'name': node.alias or node.name, 'key': best.columns if best else [],
        }) -%}
    {%- endfor -%}
    {{- return(tables) -}}
{%- endmacro %}
