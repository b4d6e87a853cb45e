with

final as (

    select * from {{ ref('indicator_income') }}

)

select * from final
