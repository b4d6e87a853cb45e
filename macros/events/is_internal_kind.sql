{% macro is_internal_kind(transaction_type) -%}
    {#-
      Whether a posting of this kind only moves money between pockets inside this bank: paying the own card or loan, buying
      funds. Counting it as a flow would double what was spent or earned.
    -#}
    {{ transaction_type }} in ('card_payment', 'loan_disbursement', 'loan_repayment', 'fund_purchase', 'fund_sale')
{%- endmacro %}
