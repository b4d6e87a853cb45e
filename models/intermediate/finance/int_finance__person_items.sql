with

items as (

    select * from {{ ref('int_finance__profit_items') }}

),

holders as (

    select * from {{ ref('int_finance__holders') }}

),

-- Without a person: what nobody is known to hold, or can be charged with.
final as (

    select
        items.holder_type,
        items.holder_no,
        items.item_no,
        items.product_code,
        items.month_end_date,
        holders.person_id,
        items.is_held,
        {% for component in profit_components() -%}
        case
            when coalesce(holders.part_count, 1) = 1 then items.{{ component }}
            else {{ part_to_the_cent('items.' ~ component, 'holders.part_no', 'holders.part_count') }}
        end as {{ component }}{{ ',' if not loop.last }}
        {% endfor %}
    from items
    left join holders
        on items.holder_type = holders.holder_type
        and items.holder_no = holders.holder_no
        and items.month_end_date between holders.from_month_end_date and holders.to_month_end_date

)

select * from final
