with

items as (

    select * from {{ ref('int_finance__person_items') }}
    where person_id is not null

),

final as (

    select
        person_id,
        product_code,
        month_end_date,
        bool_or(is_held) as is_held,
        {% for component in profit_components() -%}
        cast(sum({{ component }}) as decimal(18, 2)) as {{ component }},
        {% endfor -%}
        cast(sum(interest_amount + transfer_amount) as decimal(18, 2)) as net_interest_amount,
        cast(sum({{ profit_components() | join(' + ') }}) as decimal(18, 2)) as margin_amount,
        '{{ setting("currency") }}' as currency_code
    from items
    group by person_id, product_code, month_end_date

)

select * from final
