with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

documents as (

    select
        customer_numbers.person_id,
        bool_or(customers.national_id_hmac is not null) as has_national_id
    from {{ ref('stg_core_banking__customers') }} as customers
    inner join {{ ref('int_customer__customer_numbers') }} as customer_numbers
        on customers.cif_no = customer_numbers.cif_no
    group by customer_numbers.person_id

),

-- Names and their script are no evidence here.
final as (

    select
        behaviour.*,
        documents.has_national_id,
        left(profiles.mobile_phone, 3) as phone_prefix,
        profiles.country_code as residence_country_code,
        profiles.nationality != '{{ setting("country") }}' as is_foreigner
    from behaviour
    inner join profiles on behaviour.person_id = profiles.person_id
    left join documents on behaviour.person_id = documents.person_id

)

select * from final
