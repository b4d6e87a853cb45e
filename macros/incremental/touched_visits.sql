{% macro touched_visits() %}
    {#-
      The parts of visits that fct_visits has to take anew: those with events that came or changed, those whose owner or
      bounds are others than it holds, and those that no longer are. See touched_groups.
    -#}
    {%- if not this -%}{{ return('') }}{%- endif -%}
    {%- set now -%}
        select visit_part_id, visit_id, session_key, person_id, visitor_id, confidence, valid_from, valid_to, event_count
        from {{ ref('visit_owners') }}
    {%- endset -%}
    {%- set held -%}
        select visit_part_id, visit_id, session_key, person_id, visitor_id, confidence, started_at, ended_at, event_count
        from {{ this }}
    {%- endset -%}
    {{ return(touched_groups(
        {'stg_digital__events': [
            'select owners.visit_part_id from changed inner join ' ~ ref('event_owners')
            ~ " as owners on changed.event_id = 'digital.events:' || owners.event_id"
        ]},
        log='int_events__behaviour_changes',
        also='select visit_part_id from ((' ~ now ~ ' except ' ~ held ~ ') union all (' ~ held ~ ' except ' ~ now ~ ')) as moved'
    )) }}
{% endmacro %}
