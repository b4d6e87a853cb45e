{% macro traveller_then(person_id, visitor_id, visit_part_id, signer) -%}
    {#-
      Whose an event was for all that was known when it happened: the person who was signed in, or to whom the record
      belongs where it is none of a visit; else the anonymous visitor. As of now it is coalesce(person_id, visitor_id).
    -#}
    case
        when {{ visit_part_id }} is null or ({{ signer }} is not null and not starts_with({{ signer }}, 'login:'))
            then coalesce({{ person_id }}, {{ visitor_id }})
        else {{ visitor_id }}
    end
{%- endmacro %}
