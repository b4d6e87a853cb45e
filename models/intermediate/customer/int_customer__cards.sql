with

credit_cards as (

    select * from {{ ref('stg_cards__credit_cards') }}

),

products as (

    select * from {{ ref('products') }}

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

final as (

    select
        credit_cards.card_token,
        persons.person_id,
        credit_cards.cif_no,
        credit_cards.product_code,
        products.product_group as card_tier,
        credit_cards.card_role,
        coalesce(credit_cards.primary_card_token, credit_cards.card_token) as billed_card_token,
        credit_cards.card_status,
        credit_cards.credit_limit_amount,
        credit_cards.outstanding_amount,
        credit_cards.currency_code,
        credit_cards.issued_date,
        credit_cards.closed_date,
        credit_cards.card_status in ('active', 'blocked') as is_open,
        credit_cards.updated_at
    from credit_cards
    inner join persons on credit_cards.cif_no = persons.cif_no
    left join products on credit_cards.product_code = products.product_code

)

select * from final
