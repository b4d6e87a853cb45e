{% macro continues_build() -%}
    {#-
      Whether this run goes on with the build that lies in the files of marts instead of beginning a new one: it puts right
      what failed, or builds what was waiting for scores. Then what the runs before it built and tested counts too, as far
      as it isn't built again; see begin_build. Who starts dbt says so by CARDINAL_CONTINUES_BUILD=true.
    -#}
    {{- return(env_var('CARDINAL_CONTINUES_BUILD', '') == 'true') -}}
{%- endmacro %}
