with

months as (

    select * from {{ ref('customer_monthly_restated') }}

),

flows as (

    select * from {{ ref('int_customer__monthly_flows') }}

),

rfm_map as (

    select * from {{ ref('rfm_map') }}

),

-- Recent and frequent is what people did; interest and fees come without them.
windows as (

    select
        months.person_id,
        months.month_end_date,
        months.as_of_date,
        date_diff('day', max(flows.last_deed_date) over twelve_months, months.as_of_date) as recency_days,
        sum(coalesce(flows.deed_count, 0)) over twelve_months as transaction_12m_count,
        sum(months.outflow_amount) over twelve_months as outflow_12m_amount,
        months.currency_code
    from months
    left join flows on months.person_id = flows.person_id and months.month_end_date = flows.month_end_date
    window
        twelve_months as (
            partition by months.person_id order by months.month_end_date rows between 11 preceding and current row
        )

),

-- Ranked from the best, so that of many with the same value all get the better score; who did nothing gets the worst.
ranked as (

    select
        *,
        percent_rank() over (partition by month_end_date order by recency_days nulls last) as recency_rank,
        percent_rank() over (partition by month_end_date order by transaction_12m_count desc) as frequency_rank,
        percent_rank() over (partition by month_end_date order by outflow_12m_amount desc) as monetary_rank
    from windows

),

scored as (

    select
        *,
        case
            when recency_days is null then 1
            else cast(5 - least(4, floor(5 * recency_rank)) as integer)
        end as recency_score,
        case
            when transaction_12m_count = 0 then 1
            else cast(5 - least(4, floor(5 * frequency_rank)) as integer)
        end as frequency_score,
        case
            when outflow_12m_amount <= 0 then 1
            else cast(5 - least(4, floor(5 * monetary_rank)) as integer)
        end as monetary_score
    from ranked

),

final as (

    select
        scored.person_id,
        scored.month_end_date,
        scored.as_of_date,
        cast(scored.recency_days as integer) as recency_days,
        cast(scored.transaction_12m_count as integer) as transaction_12m_count,
        cast(scored.outflow_12m_amount as decimal(18, 2)) as outflow_12m_amount,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        rfm_map.rfm_segment,
        scored.currency_code
    from scored
    -- Halves go up: who is often here or spends much is told from who is neither.
    inner join rfm_map
        on scored.recency_score = rfm_map.recency_score
        and cast(ceil((scored.frequency_score + scored.monetary_score) / 2.0) as integer) = rfm_map.value_score

)

select * from final
