{% for name in segment_names() -%}
select '{{ name }}' as segment, person_id from {{ ref('seg_' ~ name) }}
{% if not loop.last %}union all
{% endif %}{%- endfor %}
