{% macro declared_arms() -%}
    {#- The arms of all declared experiments as a select. -#}
    {%- set rows = [] -%}
    {%- for one in experiment_declarations() -%}
        {%- do rows.extend(experiment_arms(one)) -%}
    {%- endfor -%}
    {{ literal_rows({
        'experiment_key': 'varchar', 'arm': 'varchar', 'arm_no': 'integer', 'weight': 'double',
        'bucket_from': 'double', 'bucket_to': 'double',
    }, rows) }}
{%- endmacro %}
