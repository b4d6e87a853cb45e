with

outcomes as (

    select * from {{ ref('stg_crm__lead_outcomes') }}

),

final as (

    select
        lead_source,
        lead_id,
        min(case when outcome = 'contacted' then occurred_at end) as contacted_at,
        min(case when outcome = 'qualified' then occurred_at end) as qualified_at,
        min(case when outcome = 'applied' then occurred_at end) as applied_at,
        min(case when outcome = 'approved' then occurred_at end) as approved_at,
        min(case when outcome = 'won' then occurred_at end) as won_at,
        arg_max(outcome, (occurred_at, lead_outcome_id)) as last_outcome,
        max(occurred_at) as last_outcome_at,
        cast(sum(case when outcome = 'won' and currency_code = '{{ setting("currency") }}' then sale_amount end)
            as decimal(18, 2)) as sale_amount
    from outcomes
    group by lead_source, lead_id

)

select * from final
