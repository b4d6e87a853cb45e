{% macro spending_method() -%}
    {#- With what a movement of int_events__transactions was paid: a card first, then the payment order, then the posting. -#}
    case
        when ledger = 'credit_card' then 'credit_card'
        when payment_type = 'bill' then 'bill_payment'
        when payment_type is not null then payment_type
        when transaction_type = 'debit_card_purchase' then 'debit_card'
        when transaction_type in ('transfer_out', 'transfer_in') then 'transfer'
        when transaction_type = 'cash_withdrawal' then 'cash'
        when transaction_type = 'insurance_premium' then 'direct_debit'
        when transaction_type in ('fee', 'interest') then 'bank_charge'
        when transaction_type in ('bill_payment', 'standing_order') then transaction_type
        else 'other'
    end
{%- endmacro %}
