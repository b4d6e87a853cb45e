{#- What a desk writes down: sign, points, words. Nothing is learned, because the payment hub keeps no reports. -#}
{%- set signs = [
    ('transfer_1h_count >= 1', 2, 'follows another transfer within an hour'),
    ('hour_of_day < 6', 2, 'ordered at night'),
    ('amount_to_mean_ratio >= 3', 2, 'at least three times the usual amount'),
    ('is_highest', 1, 'the highest amount in 90 days'),
    ('is_new_payee', 1, 'nothing sent to the payee in 90 days before'),
    ("channel in ('mobile', 'web')", 1, 'ordered from afar'),
] -%}
with

transfers as (

    select * from {{ ref('int_events__transfer_risk') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'customer_number' and known_to_month_end_date = date '9999-12-31'

),

scored as (

    select
        *,
        {% for sign, points, _ in signs -%}
        {{ points }} * cast(coalesce({{ sign }}, false) as integer){{ ' + ' if not loop.last }}
        {%- endfor %} as points,
        list_filter([
            {%- for sign, _, words in signs %}
            case when {{ sign }} then '{{ words }}' end{{ ',' if not loop.last }}
            {%- endfor %}
        ], lambda reason: reason is not null) as reasons
    from transfers

),

final as (

    select
        scored.payment_id,
        holders.person_id,
        scored.paid_at,
        scored.transaction_date,
        scored.channel,
        scored.amount,
        scored.currency_code,
        scored.points,
        row_number() over (
            partition by date_trunc('month', scored.transaction_date)
            order by scored.points desc, scored.amount desc, scored.payment_id asc
        ) as alert_rank,
        scored.reasons[1] as reason_1,
        scored.reasons[2] as reason_2,
        scored.reasons[3] as reason_3
    from scored
    left join holders on scored.cif_no = holders.holder_no
    where scored.points >= {{ var('transfer_alert_points') }}

)

select * from final
