{% macro holder_no_of(ledger) -%}
    {#- The number of what a movement of int_events__transactions is on: its account, its card or its customer number. -#}
    case {{ ledger }} when 'deposit' then account_no when 'credit_card' then card_token else cif_no end
{%- endmacro %}
