{% macro close_build(done, problem) -%}
    {#-
      Mark the build as passed, partial or failed; see end_build. One that passed lists its tables with their keys in
      cardinal.tables and leaves nothing else in the files: a model that moved or went must not be published for ever.
      done: unique ids of the nodes that succeeded. problem: names of those that didn't, as text.
    -#}
    {%- set tables, marts, tests = mart_tables(), [], [] -%}
    {%- for table in tables -%}
        {%- do marts.append(table.unique_id) -%}
    {%- endfor -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.depends_on.nodes | select('in', marts) | first -%}
        {%- do tests.append(test.unique_id) -%}
    {%- endfor -%}
    {%- set built, tested = marts | select('in', done) | list | length, tests | select('in', done) | list | length -%}
    {%- set rest = built ~ ' of ' ~ marts | length ~ ' marts were built, ' ~ tested ~ ' of ' ~ tests | length ~ ' tests of marts run' -%}
    {%- for database in mart_databases() -%}
        {%- if problem -%}
            {{- mark_build(database, 'failed', problem) -}}
        {%- elif flags.EMPTY or flags.SAMPLE -%}
            {{- mark_build(database, 'partial', 'it was built on a part of the rows only') -}}
        {%- elif built < marts | length or tested < tests | length -%}
            {{- mark_build(database, 'partial', rest) -}}
        {%- else -%}
            {{- list_tables(database, tables) -}}
            {{- mark_build(database, 'passed') -}}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
