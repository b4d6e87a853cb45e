with

account_months as (

    select * from {{ ref('int_finance__account_months') }}
    where debit_card_spend_amount != 0

),

-- A purchase tells its account, not its card; of several debit cards on an account the first issued stands for all.
debit_cards as (

    select account_no, min_by(product_code, (issued_date, card_token)) as product_code
    from {{ ref('stg_cards__debit_cards') }}
    group by account_no

),

rates as (

    select * from {{ ref('interchange_rates') }}
    where product_family = 'debit_card' and spending_category = 'any'

),

spent as (

    select account_no, month_end_date, sum(debit_card_spend_amount) as spend_amount
    from account_months
    group by account_no, month_end_date

),

final as (

    select
        spent.account_no,
        debit_cards.product_code,
        spent.month_end_date,
        cast(round(spent.spend_amount * coalesce(rates.interchange_rate, 0), 2) as decimal(18, 2))
            as interchange_amount
    from spent
    left join debit_cards on spent.account_no = debit_cards.account_no
    left join rates
        on spent.month_end_date >= rates.valid_from
        and coalesce(spent.month_end_date < rates.valid_to, true)

)

select * from final
