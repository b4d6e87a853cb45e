{% macro build_nodes() -%}
    {#-
      How the nodes of the build that lies in the files of marts ended, as a dictionary: unique id -> 'done' or 'failed'.
      What only one of the files knows doesn't count; one that was deleted holds nothing.
    -#}
    {%- set states, known = {}, [] -%}
    {%- for database in mart_databases() -%}
        {%- do known.append(query_value(
            "select count(*) from duckdb_tables() where database_name = '" ~ database
            ~ "' and schema_name = 'cardinal' and table_name = 'nodes'"
        )) -%}
    {%- endfor -%}
    {%- if 0 not in known -%}
        {%- set queries = [] -%}
        {%- for database in mart_databases() -%}
            {%- do queries.append('select unique_id, state from ' ~ database ~ '.cardinal.nodes') -%}
        {%- endfor -%}
        {%- for row in run_query(queries | join(' intersect ')).rows -%}
            {%- do states.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(states) -}}
{%- endmacro %}
