{{ config(materialized='view') }}

with

final as (

    select
        'stg_cards__card_transactions' as staging_model,
        changed_at,
        card_token,
        {{ local_date('authorised_at') }} as transaction_date
    from {{ changes_of(ref('stg_cards__card_transactions')) }} as changes
    group by all

)

select * from final
