with

captures as (

    select * from {{ ref('int_leads__captures') }}

),

steps as (

    select * from {{ ref('int_leads__steps') }}

),

person_records as (

    select * from {{ ref('person_records') }}

),

profits as (

    select * from {{ ref('customer_profit_monthly') }}

),

-- Two leads that won the same product of a person would count its margin twice: the first one has it.
sales as (

    select
        captures.lead_source,
        captures.lead_id,
        person_records.person_id,
        captures.product_code,
        last_day({{ local_date('steps.won_at') }}) as won_month_end_date
    from captures
    inner join steps on captures.lead_source = steps.lead_source and captures.lead_id = steps.lead_id
    inner join person_records
        on captures.lead_source = person_records.source
        and captures.table_name = person_records.table_name
        and captures.lead_id = person_records.record_id
    where steps.won_at is not null
    qualify row_number() over (
        partition by person_records.person_id, captures.product_code
        order by steps.won_at, captures.lead_source, captures.lead_id
    ) = 1

),

margins as (

    select sales.lead_source, sales.lead_id, sum(profits.margin_amount) as margin_amount
    from sales
    inner join profits
        on sales.person_id = profits.person_id
        and sales.product_code = profits.product_code
        and sales.won_month_end_date <= profits.month_end_date
    group by sales.lead_source, sales.lead_id

),

final as (

    select
        captures.lead_source || ':' || captures.lead_id as lead_key,
        captures.lead_source,
        captures.lead_id,
        person_records.person_id,
        captures.captured_at,
        {{ local_date('captures.captured_at') }} as captured_date,
        captures.product_code,
        captures.traffic_source,
        captures.traffic_medium,
        captures.traffic_campaign,
        coalesce(captures.platform || ':' || coalesce(captures.campaign_id, 'unknown'), 'unpaid') as campaign_key,
        captures.platform is not null as is_paid,
        coalesce(captures.has_marketing_consent, false) as has_marketing_consent,
        steps.contacted_at,
        steps.qualified_at,
        steps.applied_at,
        steps.won_at,
        {{ local_date('steps.won_at') }} as won_date,
        coalesce(steps.last_outcome, 'new') as last_outcome,
        steps.last_outcome_at,
        steps.sale_amount,
        cast(margins.margin_amount as decimal(18, 2)) as margin_amount,
        '{{ setting("currency") }}' as currency_code
    from captures
    left join steps on captures.lead_source = steps.lead_source and captures.lead_id = steps.lead_id
    left join margins on captures.lead_source = margins.lead_source and captures.lead_id = margins.lead_id
    left join person_records
        on captures.lead_source = person_records.source
        and captures.table_name = person_records.table_name
        and captures.lead_id = person_records.record_id

)

select * from final
