with

members as (

    {% for name in segment_names() -%}
    select '{{ name }}' as segment, person_id from {{ ref('seg_' ~ name) }}
    {% if not loop.last %}union all
    {% endif %}{%- endfor %}

),

-- What is of one person lies together: so it is stored in less space, and grouped and joined by person in less time.
final as (

    select segment, person_id from members
    order by person_id

)

select * from final
