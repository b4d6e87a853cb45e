{% macro begin_build() %}
    {#-
      Hook at the start of a run: note in both files of marts that a build is under way, before it touches a mart. Killed
      in the middle, it leaves them so, and `cardinal publish` refuses them. See end_build for how it ends.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- for database in mart_databases() -%}
            {%- do run_query('create schema if not exists ' ~ database ~ '.cardinal') -%}
            {{- mark_build(database, 'building') -}}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
