with

months as (

    select * from {{ ref('int_customer__months') }}

),

items as (

    select
        person_id,
        month_end_date,
        sum({{ profit_components() | join(' + ') }}) as margin_amount
    from {{ ref('int_finance__person_items') }}
    where person_id is not null
    group by person_id, month_end_date

),

final as (

    select
        months.person_id,
        months.month_end_date,
        cast(coalesce(items.margin_amount, 0) as decimal(18, 2)) as value_amount
    from months
    left join items on months.person_id = items.person_id and months.month_end_date = items.month_end_date

)

select * from final
