{% macro touched_transactions() %}
    {#-
      The money movements that fct_transactions has to take anew: those that came, changed or went, with their payments
      (int_events__movement_changes), and those on an account, or with one, whose owner has changed since the last build,
      for which the owners of then are kept in <model>__owners. See touched_groups.
    -#}
    {%- if not this -%}{{ return('') }}{%- endif -%}
    {%- set seen_owners, changes = beside_this('owners'), {} -%}
    {%- for staging_model in ['stg_core_banking__account_transactions', 'stg_cards__card_transactions', 'stg_payments__payments'] -%}
        {%- do changes.update({staging_model: ['select transaction_id from changed']}) -%}
    {%- endfor -%}
    {{ return(touched_groups(changes, log='int_events__movement_changes', also=
        'select transaction_id from ' ~ ref('int_events__movement_holders') ~ ' where (holder_type, holder_no) in ('
        ~ 'select (holder_type, holder_no) from ((' ~ owners_now() ~ ') except select * from ' ~ seen_owners ~ ') union '
        ~ 'select (holder_type, holder_no) from (select * from ' ~ seen_owners ~ ' except (' ~ owners_now() ~ ')))'
    )) }}
{% endmacro %}
