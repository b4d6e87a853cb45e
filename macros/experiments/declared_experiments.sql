{% macro declared_experiments() -%}
    {#- The declared experiments as a select. -#}
    {%- set rows = [] -%}
    {%- for one in experiment_declarations() -%}
        {%- set layer = one.get('layer') or {} -%}
        {%- do rows.append({
            'experiment_key': one.experiment, 'description': one.description, 'owner': one.owner, 'unit_type': one.unit,
            'kind': one.kind or 'test', 'hash_seed': one.seed or one.experiment, 'layer_name': layer.get('name'),
            'layer_from': layer.get('from'), 'layer_to': layer.get('to'), 'audience': one.audience,
            'multiple_exposures': one.multiple_exposures or 'exclude', 'start_date': one.start, 'stop_date': one.stop,
        }) -%}
    {%- endfor -%}
    {{ literal_rows({
        'experiment_key': 'varchar', 'description': 'varchar', 'owner': 'varchar', 'unit_type': 'varchar',
        'kind': 'varchar', 'hash_seed': 'varchar', 'layer_name': 'varchar', 'layer_from': 'double',
        'layer_to': 'double', 'audience': 'varchar', 'multiple_exposures': 'varchar', 'start_date': 'date',
        'stop_date': 'date',
    }, rows) }}
{%- endmacro %}
