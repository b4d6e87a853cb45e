with

holdings as (

    select * from {{ ref('stg_wealth__fund_holdings') }}
    where currency_code = '{{ setting("currency") }}'

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

-- The newest statement of a portfolio is what it holds: a fund that was sold isn't in it.
statements as (

    select
        portfolio_no,
        max(as_of_date) as as_of_date
    from holdings
    group by portfolio_no

),

final as (

    select
        customer_numbers.person_id,
        cast(sum(holdings.market_value_amount) as decimal(18, 2)) as fund_amount
    from holdings
    inner join statements
        on holdings.portfolio_no = statements.portfolio_no and holdings.as_of_date = statements.as_of_date
    inner join customer_numbers on holdings.cif_no = customer_numbers.cif_no
    group by customer_numbers.person_id

)

select * from final
