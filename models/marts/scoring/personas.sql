with

assigned as (

    select * from {{ ref('int_scoring__last_personas') }}

),

customers as (

    select * from {{ ref('customer_personas') }}

),

described as (

    select
        persona,
        model_version,
        as_of_date,
        any_value(description) as description
    from assigned
    group by persona, model_version, as_of_date

),

counted as (

    select
        persona,
        cast(count(*) as integer) as customer_count,
        avg(clearness_rate) as clearness_rate
    from customers
    group by persona

),

final as (

    select
        described.persona,
        described.description,
        described.model_version,
        described.as_of_date,
        coalesce(counted.customer_count, 0) as customer_count,
        coalesce(counted.customer_count, 0) / nullif(sum(counted.customer_count) over (), 0) as customer_rate,
        round(counted.clearness_rate, 6) as clearness_rate
    from described
    left join counted on described.persona = counted.persona

)

select * from final
