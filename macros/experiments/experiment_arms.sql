{% macro experiment_arms(experiment) -%}
    {#-
      The arms of a declared experiment with the stretch of places that each takes. The places are summed here, as
      cardinal/experiments/bucketing.py does: a database may add in another order.
    -#}
    {%- set found, places = [], [0.0] -%}
    {%- for arm in experiment.arms -%}
        {%- set weight = arm.weight | float -%}
        {%- do found.append({
            'experiment_key': experiment.experiment, 'arm': arm.arm, 'arm_no': loop.index0, 'weight': weight,
            'bucket_from': places[-1], 'bucket_to': places[-1] + (experiment.coverage | default(1.0) | float) * weight,
        }) -%}
        {%- do places.append(places[-1] + weight) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
