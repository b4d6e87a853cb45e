with

records as (

    select cif_no, marital_status, occupation, province, address_line, updated_at, _ingested_at
    from {{ ref('stg_core_banking__customers') }}
    union all
    select cif_no, marital_status, occupation, province, address_line, updated_at, _ingested_at
    from {{ ref('int_superseded__customers') }}

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

told as (

    select
        cif_no,
        updated_at,
        _ingested_at,
        unnest([
            struct_pack(attribute := 'marital_status', told_value := marital_status),
            struct_pack(attribute := 'occupation', told_value := occupation),
            struct_pack(attribute := 'province', told_value := province),
            struct_pack(attribute := 'address', told_value := {{ normalise_address(['address_line']) }})
        ], recursive := true)
    from records

),

-- What is left out is not told anew; it says nothing.
followed as (

    select
        *,
        lag(told_value) over (
            partition by cif_no, attribute order by _ingested_at, updated_at, told_value
        ) as previous_value
    from told
    where told_value is not null

),

final as (

    select
        persons.person_id,
        followed.cif_no,
        followed.attribute,
        followed.previous_value,
        followed.told_value as new_value,
        {{ local_date('followed.updated_at') }} as changed_date,
        followed._ingested_at as known_at
    from followed
    inner join persons on followed.cif_no = persons.cif_no
    where followed.previous_value != followed.told_value

)

select * from final
