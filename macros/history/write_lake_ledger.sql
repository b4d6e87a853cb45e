{% macro write_lake_ledger(name, relation=none, order='all') %}
    {#-
      Hook: write what this build changed into the lake, as the ledger's next file. It appears whole or not at all, and
      only if its number is new: a build that changed nothing, or repeats one, writes nothing.
      relation: Holds all the ledger's rows, and this build's under the next change_no; the model itself if not given.
      order: How the rows of the file lie: those of one person together are a fraction of the size.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry'] and not flags.EMPTY -%}
        {%- set rows = relation or this -%}
        {%- set folder = env_var('CARDINAL_HOME', 'data') ~ '/lake/_' ~ name -%}
        {%- set recorded = run_query(
            "select coalesce(max(cast(parse_filename(file, true) as integer)), 0) from glob('" ~ folder ~ "/[0-9]*.parquet')"
        ).rows[0][0] -%}
        {%- set newest = run_query('select coalesce(max(change_no), 0) from ' ~ rows).rows[0][0] -%}
        {%- if newest > recorded -%}
            {#- A partitioned copy of nothing makes the folder and leaves it empty. -#}
            {%- do run_query(
                "copy (select 1 as change_no, 1 as nothing where false) to '" ~ folder
                ~ "' (format csv, partition_by (change_no), overwrite_or_ignore)"
            ) -%}
            copy (
                select * from {{ rows }} where change_no > {{ recorded }} order by {{ order }}
            ) to '{{ folder }}/{{ '%08d' | format(newest) }}.parquet' (format parquet, compression zstd, use_tmp_file true)
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
