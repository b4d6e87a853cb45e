{% macro owners_now() %}
    {#- Who owns what movements are on, joint owners of accounts included, as a query; by today's knowledge. -#}
    select 'account' as holder_type, account_no as holder_no, person_id, is_main_owner, from_month_end_date, to_month_end_date
    from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'
    union all
    select holder_type, holder_no, person_id, true as is_main_owner, from_month_end_date, to_month_end_date
    from {{ ref('int_customer__holders') }}
    where known_to_month_end_date = date '9999-12-31' and holder_type != 'account'
{% endmacro %}
