{% macro write_identity_ledger(ledger) %}
    {#-
      Hook: write what this build changed in ids and their holdings into the lake, as the ledger's next file. It appears
      whole or not at all, and only if its number is new: a build that changed nothing, or repeats one, writes nothing.
      ledger: the relation of int_identity__id_ledger.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry'] and not flags.EMPTY -%}
        {%- set folder = env_var('CARDINAL_HOME', 'data') ~ '/lake/_identity' -%}
        {%- set recorded = run_query(
            "select coalesce(max(cast(parse_filename(file, true) as integer)), 0) from glob('" ~ folder ~ "/[0-9]*.parquet')"
        ).rows[0][0] -%}
        {%- set newest = run_query('select coalesce(max(change_no), 0) from ' ~ ledger).rows[0][0] -%}
        {%- if newest > recorded -%}
            {#- A partitioned copy of nothing makes the folder and leaves it empty. -#}
            {%- do run_query(
                "copy (select 1 as change_no, 1 as nothing where false) to '" ~ folder
                ~ "' (format csv, partition_by (change_no), overwrite_or_ignore)"
            ) -%}
            copy (
                select * from {{ ledger }} where change_no > {{ recorded }} order by all
            ) to '{{ folder }}/{{ '%08d' | format(newest) }}.parquet' (format parquet, compression zstd, use_tmp_file true)
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
