{% macro touched_timeline() %}
    {#-
      The events that customer_timeline has to take anew: those of records that came, changed or went, and those whose
      owner has changed since the last build, for which the owners of then are kept in <model>__owners. See touched_groups.
    -#}
    {%- if not this -%}{{ return('') }}{%- endif -%}
    {%- set changes, seen_owners = {}, beside_this('owners') -%}
    {%- for staging_model in [
        'stg_core_banking__account_transactions', 'stg_cards__card_transactions', 'stg_payments__payments',
        'stg_digital__events', 'stg_crm__message_events', 'stg_activation__message_events',
        'stg_activation__row_results', 'stg_cards__point_movements', 'stg_core_banking__branch_visits',
        'stg_crm__call_centre_cases', 'stg_crm__lead_outcomes', 'stg_consent__consent_events',
        'stg_consent__privacy_requests', 'stg_website__registrations', 'stg_messenger__leads', 'stg_ecommerce__orders',
        'stg_manual__uploads',
    ] -%}
        {%- do changes.update({staging_model: ['select event_id from changed']}) -%}
    {%- endfor -%}
    {%- set changed_owners -%}
        select holder_type, holder_no from (
            (({{ timeline_owners_now() }}) except select * from {{ seen_owners }})
            union all
            (select * from {{ seen_owners }} except ({{ timeline_owners_now() }}))
        ) as changes
    {%- endset -%}
    {#-
      An event of a part of a visit that no longer is, is found by the part it was held in; one of a message whose person
      no longer is, by itself.
    -#}
    {{ return(touched_groups(changes, log='int_events__behaviour_changes', also=
        'select event_id from ' ~ ref('int_events__behaviour_holders')
        ~ ' where (holder_type, holder_no) in (' ~ changed_owners ~ ')'
        ~ ' union select event_id from ' ~ this ~ ' where visit_part_id in (select holder_no from ('
        ~ changed_owners ~ ") as parts where holder_type = 'visit_part')"
        ~ ' union select event_id from ' ~ this ~ ' where event_id in (select holder_no from ('
        ~ changed_owners ~ ") as messages where holder_type = 'own_message')"
    )) }}
{% endmacro %}
