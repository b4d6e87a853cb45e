with

links as (

    select * from {{ ref('int_identity__links') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

final as (

    select
        links.record_key,
        links.value_key,
        links.identifier_type,
        links.joins_as,
        links.seen_date
    from links
    left join refused_links
        on links.record_key = refused_links.record_key
        and links.value_key = refused_links.value_key
    where
        links.joins_as is not null
        and not links.is_expired
        and not links.is_blocked
        and refused_links.record_key is null

)

select * from final
