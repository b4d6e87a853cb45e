{% macro begin_build() %}
    {#-
      Hook at the start of a run: note in both files of marts that a build is under way, before it touches a mart. Killed
      in the middle, it leaves them so, and `cardinal publish` refuses them. See end_build for how it ends.
      A run that continues a build keeps what that one knows of the nodes that aren't selected now.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set kept = {} -%}
        {%- for unique_id, state in (build_nodes() if continues_build() else {}).items() if unique_id not in selected_resources -%}
            {%- do kept.update({unique_id: state}) -%}
        {%- endfor -%}
        {%- for database in mart_databases() -%}
            {%- do run_query('create schema if not exists ' ~ database ~ '.cardinal') -%}
            {{- mark_build(database, 'building') -}}
            {{- write_nodes(database, kept) -}}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
