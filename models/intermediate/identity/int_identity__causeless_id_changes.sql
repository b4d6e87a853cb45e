with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

person_values as (

    select * from {{ ref('int_identity__person_values') }}

),

recorded_ids as (

    select * from {{ ref('int_identity__recorded_ids') }}

),

holdings as (

    select * from {{ ref('int_identity__recorded_holdings') }}

),

held as (

    select holdings.person_id, holdings.person_key, holdings.value_key
    from holdings
    inner join recorded_ids on holdings.person_id = recorded_ids.person_id
    where recorded_ids.is_current and holdings.is_held

),

-- Ids of which everything that they held is in one place.
whole as (

    select person_id, min(person_key) as person_key, count(value_key) as value_count
    from held
    group by person_id
    having count(*) = count(person_key) and min(person_key) = max(person_key)

),

-- Places into which nothing came that another id had.
unshared as (

    select person_key from held where person_key is not null group by person_key having min(person_id) = max(person_id)

),

value_counts as (

    select person_key, count(*) filter (where is_held) as value_count from person_values group by person_key

),

final as (

    select
        whole.person_id,
        persons.person_id as other_person_id
    from whole
    inner join unshared on whole.person_key = unshared.person_key
    inner join persons on whole.person_key = persons.person_key
    left join value_counts on whole.person_key = value_counts.person_key
    where
        whole.person_id != persons.person_id
        and whole.value_count = coalesce(value_counts.value_count, 0)

)

select * from final
