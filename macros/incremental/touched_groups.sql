{% macro touched_groups(changes, also=none, log=none) %}
    {#-
      The groups that have to be computed again since this model last ran, as a relation with the columns of the model's
      unique_key; for models of which one row stands for many records (an account's month). Used with the incremental
      strategy touched_groups and the post-hook remember_seen(), which keeps what has been seen in <model>__seen.

      A record that arrived, was corrected or was deleted touches the group it belongs to now and the one it belonged to.
      changes: staging model -> list of queries of group keys; in them `changed` stands for the staging model's rows that
      came, were replaced or deleted, old versions included, and `changed_at` for when that was.
      also: a query of further group keys to compute again, such as those whose owner changed; none for none.
      log: a model with the columns staging_model and changed_at that `changed` stands for instead, for marts, which don't
      read staging.
      Only called where is_incremental() holds; elsewhere all groups are computed.
    -#}
    {#- A unit test knows nothing but its inputs. -#}
    {%- if not this -%}{{ return('') }}{%- endif -%}
    {%- set touched, seen_now, seen = this.identifier ~ '__touched', this.identifier ~ '__seen_now', beside_this('seen') -%}
    {%- set relations, arrivals = {}, ref('int_events__arrivals') if log else none -%}
    {%- for staging_model in changes -%}
        {%- do relations.update({staging_model: ref(log or staging_model)}) -%}
    {%- endfor -%}
    {%- if execute and model.resource_type == 'model' and flags.WHICH in ['build', 'run', 'retry'] -%}
        {%- set newest = [] -%}
        {%- for staging_model, relation in relations.items() -%}
            {%- do newest.append(
                "select '" ~ staging_model ~ "' as staging_model, max(changed_at) as seen_at from "
                ~ (arrivals ~ " where staging_model = '" ~ staging_model ~ "'" if log else changes_of(relation))
            ) -%}
        {%- endfor -%}
        {%- do run_query('create or replace temporary table ' ~ seen_now ~ ' as ' ~ newest | join(' union all ')) -%}
        {%- if is_incremental() -%}
            {%- if not load_relation(seen) -%}
                {{ exceptions.raise_compiler_error(this ~ ' has lost what it has seen (' ~ seen ~ '): run `dbt build --full-refresh --select ' ~ model.name ~ '`.') }}
            {%- endif -%}
            {%- set watermarks, queries = {}, [] -%}
            {%- for row in run_query('select staging_model, seen_at from ' ~ seen).rows -%}
                {%- do watermarks.update({row[0]: row[1]}) -%}
            {%- endfor -%}
            {%- for staging_model, keys in changes.items() -%}
                {%- set since = "timestamp '" ~ (watermarks.get(staging_model) or '1970-01-01') ~ "'" -%}
                {%- set changed = (
                    '(select * from ' ~ relations[staging_model] ~ " where staging_model = '" ~ staging_model ~ "' and changed_at > " ~ since ~ ')'
                    if log else changes_of(relations[staging_model], since)
                ) -%}
                {%- for query in keys -%}
                    {%- do queries.append(query | replace('from changed', 'from ' ~ changed ~ ' as changed')) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- if also -%}{%- do queries.append(also) -%}{%- endif -%}
            {%- do run_query('create or replace temporary table ' ~ touched ~ ' as ' ~ queries | join(' union ')) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(touched) }}
{% endmacro %}
