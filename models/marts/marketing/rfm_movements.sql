with

months as (

    select * from {{ ref('customer_rfm_monthly') }}

),

newest as (

    select min(month_end_date) as first_month_end_date, max(month_end_date) as last_month_end_date from months

),

-- A month and the one before it; who was no customer at one of them has no segment there.
pairs as (

    select
        coalesce(months.month_end_date, last_day(earlier.month_end_date + interval 1 day)) as month_end_date,
        coalesce(earlier.rfm_segment, 'no_customer') as from_segment,
        coalesce(months.rfm_segment, 'no_customer') as to_segment
    from months
    full join months as earlier
        on months.person_id = earlier.person_id
        and months.month_end_date = last_day(earlier.month_end_date + interval 1 day)

),

final as (

    select
        pairs.month_end_date,
        pairs.from_segment,
        pairs.to_segment,
        cast(count(*) as integer) as customer_count
    from pairs
    cross join newest
    where pairs.month_end_date > newest.first_month_end_date and pairs.month_end_date <= newest.last_month_end_date
    group by pairs.month_end_date, pairs.from_segment, pairs.to_segment

)

select * from final
