{% macro identity_ledger() %}
    {#-
      The rows of the identity ledger as the lake has them when this model runs: what of the ids can't be derived again from
      the sources. One file a build that changed something, `lake/_identity/<change_no>.parquet`; none of them is
      ever written again. See write_identity_ledger.
    -#}
    {%- set files = env_var('CARDINAL_HOME', 'data') ~ '/lake/_identity/[0-9]*.parquet' -%}
    {%- if execute and run_query("select file from glob('" ~ files ~ "') limit 1").rows -%}
    select
        change_no, changed_at, person_id, change_type, other_person_id,
        record_key, value_key, identifier_type, is_customer, valid_from
    from read_parquet('{{ files }}', union_by_name = true)
    {%- else -%}
    select
        cast(null as integer) as change_no,
        cast(null as timestamp) as changed_at,
        cast(null as varchar) as person_id,
        cast(null as varchar) as change_type,
        cast(null as varchar) as other_person_id,
        {{ key64("''") }} as record_key,
        {{ key64("''") }} as value_key,
        cast(null as varchar) as identifier_type,
        cast(null as boolean) as is_customer,
        cast(null as timestamp) as valid_from
    where false
    {%- endif -%}
{% endmacro %}
