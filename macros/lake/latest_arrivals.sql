{% macro latest_arrivals(source_name, table_name, key) %}
    {#-
      The rows a staging model adds: what arrived, deletions left out, with _first_ingested_at, the arrival of the
      record's first version, which corrections don't move. The model holds the newest versions; older ones (those with
      _superseded_at) go to its twin, see keep_superseded. One that was replaced within its own delivery was never known.
      key: the contract's key columns (a list; the conventions test compares them). They become the model's
      unique_key, from which the incremental strategy knows what to replace.
    -#}
    {{- config(unique_key=key) -}}
    select
        arrived.* exclude (_was_deleted, _arrived_first_at),
        {% if execute and this and is_incremental() -%}
        case
            when arrived._was_deleted then arrived._arrived_first_at
            else coalesce(held._first_ingested_at, arrived._arrived_first_at)
        end as _first_ingested_at
        {%- else -%}
        arrived._arrived_first_at as _first_ingested_at
        {%- endif %}
    from ({{ arrivals(source_name, table_name, key) }}) as arrived
    {% if execute and this and is_incremental() -%}
    left join {{ this }} as held
        on {% for column in key %}arrived.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {% endif -%}
    where
        arrived.change_type is distinct from 'delete'
        and (arrived._superseded_at is null or arrived._superseded_at > arrived._ingested_at)
{% endmacro %}
