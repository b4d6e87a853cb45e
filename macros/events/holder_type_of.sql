{% macro holder_type_of(ledger) -%}
    {#- What a movement of a ledger is on, as in int_customer__holders: account, card or customer_number. -#}
    case {{ ledger }} when 'deposit' then 'account' when 'credit_card' then 'card' else 'customer_number' end
{%- endmacro %}
