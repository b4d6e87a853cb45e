{% macro end_build(results) %}
    {#-
      Hook at the end of a run: note in both files of marts how the build ended.

      passed    this run, with those that it continues, built every mart and ran every test that reads one, and nothing failed
      partial   nothing failed, but a selection, `dbt run` or `dbt retry` left some of that out, or --empty its rows
      failed    a model or a test failed, or was skipped because another did

      Only what passed is published. `dbt test` builds nothing: it takes a build that passed for failed if a test fails
      now, and never makes one pass. `dbt retry` is told from `dbt build` by nothing but what it leaves out.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- set states, failed, skipped = {}, [], [] -%}
        {%- for unique_id, state in (build_nodes() if flags.WHICH != 'test' else {}).items() -%}
            {%- do states.update({unique_id: state}) -%}
            {%- if state == 'failed' -%}{%- do failed.append(unique_id.split('.')[2]) -%}{%- endif -%}
        {%- endfor -%}
        {%- for result in results -%}
            {%- if result.status in ['success', 'pass', 'warn', 'no-op'] -%}
                {%- do states.update({result.node.unique_id: 'done'}) -%}
            {%- elif result.status == 'skipped' -%}
                {%- do skipped.append(result.node.name) -%}
            {%- else -%}
                {%- do states.update({result.node.unique_id: 'failed'}) -%}
                {%- do failed.append(result.node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set problem = (failed or skipped) | sort | join(', ') | truncate(300) -%}
        {%- if flags.WHICH == 'test' -%}
            {%- if problem -%}
                {{- fail_build(problem) -}}
            {%- endif -%}
        {%- else -%}
            {{- close_build(states, problem) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
