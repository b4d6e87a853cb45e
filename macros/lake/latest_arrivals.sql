{% macro latest_arrivals(source_name, table_name, key) %}
    {#-
      The rows a staging model adds: the newest version of what arrived, deletions left out, with
      _first_ingested_at, the arrival of the record's first version, which corrections don't move.
      key: the contract's key columns (a list; the conventions test compares them). They become the model's
      unique_key, from which the incremental strategy knows what to replace.
    -#}
    {{- config(unique_key=key) -}}
    select
        newest.* exclude (_was_deleted, _arrived_first_at),
        {% if execute and this and is_incremental() -%}
        case
            when newest._was_deleted then newest._arrived_first_at
            else coalesce(held._first_ingested_at, newest._arrived_first_at)
        end as _first_ingested_at
        {%- else -%}
        newest._arrived_first_at as _first_ingested_at
        {%- endif %}
    from ({{ arrivals(source_name, table_name, key) }}) as newest
    {% if execute and this and is_incremental() -%}
    left join {{ this }} as held
        on {% for column in key %}newest.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {% endif -%}
    where newest.change_type is distinct from 'delete'
{% endmacro %}
