{% macro declared_metrics() -%}
    {#- The metrics of all declared experiments as a select; guardrails come after the others. -#}
    {%- set rows = [] -%}
    {%- for one in experiment_declarations() -%}
        {%- for metric in one.metrics + (one.guardrails or []) -%}
            {%- do rows.append({
                'experiment_key': one.experiment, 'metric': metric.metric, 'metric_no': loop.index0,
                'metric_kind': metric.kind, 'outcome': metric.outcome, 'per_outcome': metric.per,
                'window_days': metric.window_days, 'covariate_days': metric.covariate_days,
                'is_guardrail': loop.index0 >= one.metrics | length,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ literal_rows({
        'experiment_key': 'varchar', 'metric': 'varchar', 'metric_no': 'integer', 'metric_kind': 'varchar',
        'outcome': 'varchar', 'per_outcome': 'varchar', 'window_days': 'integer', 'covariate_days': 'integer',
        'is_guardrail': 'boolean',
    }, rows) }}
{%- endmacro %}
