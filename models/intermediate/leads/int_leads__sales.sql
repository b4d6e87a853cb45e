with

touches as (select * from {{ ref('int_leads__episodes') }}),

products as (select * from {{ ref('products') }}),

contracts as (

    select contracts.*, products.product_family
    from {{ ref('int_customer__contracts') }} as contracts
    inner join products on contracts.product_code = products.product_code

),

won as (

    select
        lead_key,
        min(won_at) as sold_at,
        min_by(product_code, (won_at, capture_key)) as product_code
    from touches
    where won_at is not null
    group by lead_key

),

-- The CRM tells few steps of those who asked at a branch or on the phone: what they took out soon after tells the sale.
opened as (

    select
        touches.lead_key,
        min(contracts.opened_date) as opened_date,
        min_by(contracts.product_code, (contracts.opened_date, contracts.contract_id)) as product_code
    from touches
    inner join contracts
        on touches.person_id = contracts.person_id
        and touches.product_family = contracts.product_family
        and {{ local_date('touches.captured_at') }} <= contracts.opened_date
        and {{ local_date('touches.captured_at') }} + {{ var('lead_merge_days') }} >= contracts.opened_date
    where touches.lead_source in ('branch', 'call_centre')
    group by touches.lead_key

),

sales as (

    select
        touches.lead_key,
        touches.person_id,
        coalesce(won.product_code, opened.product_code) as product_code,
        coalesce(won.sold_at, greatest(touches.captured_at, {{ local_midnight('opened.opened_date') }})) as sold_at
    from touches
    left join won on touches.capture_key = won.lead_key
    left join opened on touches.capture_key = opened.lead_key
    where
        touches.capture_key = touches.lead_key
        and (won.sold_at is not null or opened.opened_date is not null)

),

-- The contract of the sale itself may be opened somewhat later.
repeated as (

    select sales.lead_key, min(contracts.opened_date) as repeat_sold_date
    from sales
    inner join contracts
        on sales.person_id = contracts.person_id and {{ local_date('sales.sold_at') }} < contracts.opened_date
    where
        contracts.product_code is distinct from sales.product_code
        or contracts.opened_date > {{ local_date('sales.sold_at') }} + {{ var('lead_merge_days') }}
    group by sales.lead_key

),

final as (

    select
        sales.lead_key,
        sales.product_code,
        sales.sold_at,
        {{ local_date('sales.sold_at') }} as sold_date,
        repeated.repeat_sold_date
    from sales
    left join repeated on sales.lead_key = repeated.lead_key

)

select * from final
