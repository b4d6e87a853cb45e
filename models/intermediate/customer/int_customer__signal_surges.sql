with

calendar as (

    select * from {{ ref('int_customer__calendar') }}

),

signs as (

    select person_id, event_kind, 'spending' as signal, month_end_date, spending_count as signal_count
    from {{ ref('int_customer__signal_spending') }}
    union all
    select
        content_months.person_id,
        signals.event_kind,
        'content' as signal,
        content_months.month_end_date,
        content_months.event_count as signal_count
    from {{ ref('int_customer__content_months') }} as content_months
    inner join {{ ref('life_event_signals') }} as signals
        on signals.signal = 'content' and content_months.content_group = signals.signal_value

),

observed as (

    select signs.*
    from signs
    inner join calendar on signs.month_end_date = calendar.month_end_date

),

windows as (

    select
        *,
        sum(signal_count) over (
            by_person range between interval 70 day preceding and current row
        ) as window_count,
        sum(signal_count) over (
            by_person range between interval 370 day preceding and interval 370 day following
        ) as around_count
    from observed
    window by_person as (partition by person_id, event_kind, signal order by month_end_date)

),

month_counts as (

    select
        calendar.month_end_date,
        count(*) as month_count
    from calendar
    inner join calendar as around
        on around.month_end_date between calendar.month_end_date - interval 370 day
        and calendar.month_end_date + interval 370 day
    group by calendar.month_end_date

),

-- A surge is three months with far more than the person's other months let expect; without other months nobody knows.
compared as (

    select
        windows.*,
        3 * greatest(windows.around_count - windows.window_count, 0) / (month_counts.month_count - 3) as expected_count,
        windows.window_count
            - 3 * greatest(windows.around_count - windows.window_count, 0) / (month_counts.month_count - 3)
            as excess_count
    from windows
    inner join month_counts on windows.month_end_date = month_counts.month_end_date
    where month_counts.month_count >= 6

),

-- The peak tells; the months beside it tell the same again.
peaks as (

    select *
    from compared
    qualify
        row_number() over (
            partition by person_id, event_kind, signal, date_trunc('year', month_end_date)
            order by excess_count desc, month_end_date asc
        ) = 1

),

graded as (

    select
        person_id,
        event_kind,
        signal,
        month_end_date,
        cast(window_count as integer) as window_count,
        cast(expected_count as decimal(18, 4)) as expected_count,
        case
            when signal = 'spending' and excess_count >= 3 and window_count >= 4 then 'strong_spending_surge'
            when signal = 'spending' and excess_count >= 2 and window_count >= 3 then 'spending_surge'
            when signal = 'content' and excess_count >= 12 then 'strong_content_surge'
            when signal = 'content' and excess_count >= 8 then 'content_surge'
        end as evidence_kind
    from peaks

),

final as (

    select * from graded where evidence_kind is not null

)

select * from final
