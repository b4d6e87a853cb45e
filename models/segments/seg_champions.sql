with

months as (

    select * from {{ ref('customer_rfm_monthly') }}
    qualify month_end_date = max(month_end_date) over ()

),

final as (

    select person_id from months where rfm_segment = 'champions'

)

select * from final
