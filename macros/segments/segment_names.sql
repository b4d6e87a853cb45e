{% macro segment_names() %}
    {#-
      The segments: for each name one model `seg_<name>` with a row per member. A segment joins membership, its history,
      sizes, overlaps and profiles by standing here; a test of the conventions compares the list with the folder.
    -#}
    {{ return([
        'at_risk',
        'birthday_soon',
        'champions',
        'deposit_rich',
        'hibernating',
        'inactive_card_holders',
        'limit_headroom',
        'new_customers',
        'points_rich',
        'revolvers',
        'salary_earners',
        'top_spenders',
        'without_credit_card',
    ]) }}
{% endmacro %}
