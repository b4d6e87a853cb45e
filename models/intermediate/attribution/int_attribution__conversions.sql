with

asked as (select * from {{ ref('int_leads__episodes') }}),

contracts as (

    select * from {{ ref('int_customer__contracts') }}
    where contract_role in ('sole', 'main', 'primary')

),

first_touch as (

    select {{ local_date('min(touched_at)') }} as first_touch_date from {{ ref('int_attribution__touches') }}

),

-- A card that replaces one is no sale.
opened as (

    select
        *,
        coalesce(
            source_name = 'cards'
            and lag(coalesce(closed_date, date '9999-12-31')) over same_product >= opened_date - interval 60 day,
            false
        ) as is_replacement
    from contracts
    window same_product as (
        partition by source_name, person_id, product_code order by opened_date, contract_id
    )

),

final as (

    select
        'lead' as conversion_kind,
        'lead:' || lead_key as conversion_id,
        coalesce(person_id, visitor_id, capture_key) as owner_id,
        person_id,
        product_code,
        captured_at as converted_at,
        {{ local_date('captured_at') }} as converted_date
    from asked
    where capture_key = lead_key and captured_at is not null

    union all

    -- Contracts tell no time: what was seen on the day of the opening led to it.
    select
        'sale' as conversion_kind,
        'sale:' || opened.source_name || '|' || opened.contract_id as conversion_id,
        opened.person_id as owner_id,
        opened.person_id,
        opened.product_code,
        {{ local_midnight('opened.opened_date + 1') }} as converted_at,
        opened.opened_date as converted_date
    from opened
    cross join first_touch
    where not opened.is_replacement and opened.opened_date >= first_touch.first_touch_date

)

select * from final
