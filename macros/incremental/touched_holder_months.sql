{% macro touched_holder_months() %}
    {#-
      The changes, for touched_groups, that touch an account's, a card's or a customer number's month in models over
      int_events__transactions. A payment changes what its posting is called, and a posting whether its payment counts.
    -#}
    {#- A unit test knows nothing but its inputs. -#}
    {%- if not this -%}{{ return({}) }}{%- endif -%}
    {%- set postings, cards = ref('stg_core_banking__account_transactions'), ref('stg_cards__card_transactions') -%}
    {%- set paid = "select 'customer_number' as holder_type, cif_no as holder_no, last_day(" ~ local_date('paid_at') ~ ') as month_end_date from ' -%}
    {%- set booked = "select 'account' as holder_type, account_no as holder_no, last_day(" ~ local_date('booked_at') ~ ') as month_end_date from ' -%}
    {%- set charged = "select 'card' as holder_type, card_token as holder_no, last_day(" ~ local_date('authorised_at') ~ ') as month_end_date from ' -%}
    {%- set of_change = ' where payment_id in (select payment_id from changed)' -%}
    {{ return({
        'stg_core_banking__account_transactions': [booked ~ 'changed', paid ~ ref('stg_payments__payments') ~ of_change],
        'stg_cards__card_transactions': [charged ~ 'changed', paid ~ ref('stg_payments__payments') ~ of_change],
        'stg_payments__payments': [paid ~ 'changed', booked ~ postings ~ of_change, charged ~ cards ~ of_change],
    }) }}
{% endmacro %}
