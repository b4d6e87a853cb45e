{% macro profit_components() -%}
    {#- The components of profit, in the order of the tables' columns. Each is signed from the bank's side; they add up to margin_amount. -#}
    {{ return([
        'interest_amount', 'transfer_amount', 'fee_amount', 'interchange_amount', 'commission_amount',
        'points_cost_amount', 'expected_loss_amount', 'servicing_cost_amount', 'campaign_cost_amount',
    ]) }}
{%- endmacro %}
