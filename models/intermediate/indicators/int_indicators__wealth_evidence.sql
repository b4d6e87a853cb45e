with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

seen_wealth as (

    select * from {{ ref('int_indicators__seen_wealth') }}

),

declarations as (

    select * from {{ ref('int_indicators__net_worth_declarations') }}

),

-- Nobody owns less than what is seen of it, whatever was said.
known as (

    select
        declarations.person_id,
        greatest(
            declarations.declared_net_worth_amount,
            coalesce(seen_wealth.seen_amount, declarations.declared_net_worth_amount)
        ) as known_amount
    from declarations
    inner join seen_wealth on declarations.person_id = seen_wealth.person_id

),

final as (

    select
        behaviour.*,
        seen_wealth.seen_amount,
        case when known.known_amount > 0 then known.known_amount end as known_amount
    from behaviour
    inner join seen_wealth on behaviour.person_id = seen_wealth.person_id
    left join known on behaviour.person_id = known.person_id

)

select * from final
