with

months as (

    select * from {{ ref('int_events__spending_months') }}

),

signals as (

    select * from {{ ref('life_event_signals') }}
    where signal in ('mcc', 'category')

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where known_to_month_end_date = date '9999-12-31'

),

final as (

    select
        holders.person_id,
        signals.event_kind,
        months.month_end_date,
        sum(months.spending_amount) as spending_amount,
        sum(months.spending_count) as spending_count
    from months
    inner join signals
        on case signals.signal when 'mcc' then months.mcc else months.spending_category end = signals.signal_value
    inner join holders
        on months.holder_type = holders.holder_type
        and months.holder_no = holders.holder_no
        and months.month_end_date between holders.from_month_end_date and holders.to_month_end_date
    group by holders.person_id, signals.event_kind, months.month_end_date

)

select * from final
