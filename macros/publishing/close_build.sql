{% macro close_build(states, problem) -%}
    {#-
      Mark the build as passed, partial or failed; see end_build. One that passed lists its tables with their keys in
      cardinal.tables and leaves nothing else in the files: a model that moved or went must not be published for ever.
      states: unique id of each node that this run or one that it continues came to -> 'done' or 'failed'.
      problem: names of those that failed, as text.
    -#}
    {%- set tables, marts, tests, done = mart_tables(), [], [], [] -%}
    {%- for unique_id, state in states.items() if state == 'done' -%}
        {%- do done.append(unique_id) -%}
    {%- endfor -%}
    {%- for table in tables -%}
        {%- do marts.append(table.unique_id) -%}
    {%- endfor -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.depends_on.nodes | select('in', marts) | first -%}
        {%- do tests.append(test.unique_id) -%}
    {%- endfor -%}
    {%- set built, tested = marts | select('in', done) | list | length, tests | select('in', done) | list | length -%}
    {%- set rest = built ~ ' of ' ~ marts | length ~ ' marts were built, ' ~ tested ~ ' of ' ~ tests | length ~ ' tests of marts run' -%}
    {%- for database in mart_databases() -%}
        {{- write_nodes(database, states) -}}
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
