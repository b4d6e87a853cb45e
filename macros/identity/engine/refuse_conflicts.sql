{% macro refuse_conflicts(pending, marks, refused) -%}
    {#- Refuse every pending link between two clusters that would break a limit together. Work tables as in admit_links. -#}
    {%- set conflicts = pending ~ '_conflicts' -%}
    {{- find_conflicts(pending, marks, conflicts) -}}
    {%- if query_value('select count(*) from ' ~ conflicts) > 0 -%}
        {%- set same_pair = conflicts ~ ' as c on least(p.a, p.b) = c.a and greatest(p.a, p.b) = c.b' -%}
        {%- do run_query('insert into ' ~ refused ~ ' select p.record_key, p.value_key from ' ~ pending ~ ' as p semi join ' ~ same_pair) -%}
        {{- create_work_table(pending, 'select p.* from ' ~ pending ~ ' as p anti join ' ~ same_pair) -}}
    {%- endif -%}
    {{- drop_work_table(conflicts) -}}
{%- endmacro %}
