{%- set shares = {
    'spending_category': [
        'groceries', 'dining', 'travel', 'fuel', 'auto', 'health', 'education', 'entertainment', 'home', 'fashion',
        'electronics', 'utilities', 'insurance', 'children', 'cash',
    ],
    'method': ['credit_card', 'debit_card', 'qr', 'transfer', 'bill_payment'],
} -%}

with

-- Twelve months as one, because everything below is of the year.
months as (

    select
        spending.person_id,
        spending.spending_category,
        spending.channel,
        spending.method,
        spending.is_abroad,
        sum(spending.spending_amount) as spending_amount,
        sum(spending.spending_count) as spending_count
    from {{ ref('int_customer__monthly_spending') }} as spending
    cross join {{ ref('int_customer__as_of') }} as as_of
    where
        spending.month_end_date > last_day(cast(as_of.month_end_date - interval 12 month as date))
        and spending.month_end_date <= as_of.month_end_date
    group by
        spending.person_id, spending.spending_category, spending.channel, spending.method, spending.is_abroad

),

sides as (

    select person_id, 'category' as side, spending_category as label, sum(spending_amount) as amount
    from months
    -- Sending money on says nothing of what somebody buys.
    where spending_category not in ('transfers', 'cash', 'other')
    group by person_id, spending_category
    union all
    select person_id, 'channel' as side, channel as label, sum(spending_amount) as amount
    from months
    where channel not in ('unknown', 'system')
    group by person_id, channel
    union all
    select person_id, 'method' as side, method as label, sum(spending_amount) as amount
    from months
    where method != 'other'
    group by person_id, method

),

tops as (

    select
        person_id,
        max_by(label, (amount, label)) filter (where side = 'category') as top_spending_category,
        max_by(label, (amount, label)) filter (where side = 'channel') as top_spending_channel,
        max_by(label, (amount, label)) filter (where side = 'method') as top_spending_method
    from sides
    where amount > 0
    group by person_id

),

totals as (

    select
        person_id,
        sum(spending_amount) as spending_amount,
        sum(spending_count) as spending_count,
        -- More given back than bought is no share of anything.
        case when sum(spending_amount) > 0 then sum(spending_amount) end as base_amount,
        nullif(sum(spending_amount) filter (where channel != 'unknown'), 0) as channel_base_amount,
        nullif(sum(spending_amount) filter (where method = 'credit_card'), 0) as card_base_amount
    from months
    group by person_id

),

final as (

    select
        totals.person_id,
        cast(any_value(totals.spending_amount) as decimal(18, 2)) as spending_12m_amount,
        cast(any_value(totals.spending_count) as integer) as spending_12m_count,
        any_value(tops.top_spending_category) as top_spending_category,
        any_value(tops.top_spending_channel) as top_spending_channel,
        any_value(tops.top_spending_method) as top_spending_method,
        {% for column, labels in shares.items() -%}
        {% for label in labels -%}
        {{ share_of("months." ~ column ~ " = '" ~ label ~ "'", 'totals.base_amount') }} as spending_{{ label }}_rate,
        {% endfor -%}
        {% endfor -%}
        {{ share_of("months.channel in ('online', 'mobile', 'web', 'gateway')", 'totals.channel_base_amount') }}
            as spending_online_rate,
        {{ share_of("months.is_abroad", 'totals.card_base_amount') }} as card_spending_abroad_rate
    from months
    inner join totals on months.person_id = totals.person_id
    left join tops on months.person_id = tops.person_id
    group by totals.person_id

)

select * from final
