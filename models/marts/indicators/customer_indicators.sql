-- One line an indicator; a rule of tests/conventions says which is missing.
{%- set indicators = [
    'age',
    'foreigner',
    'income',
    'married',
    'wealth',
] %}

with

final as (

    {% for indicator in indicators -%}
    select
        person_id,
        indicator,
        value_amount,
        probability,
        score,
        band,
        confidence,
        evidence_count,
        evidence_sources,
        method,
        version,
        as_of_date
    from {{ ref('indicator_' ~ indicator) }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select * from final
