with

attributes as (

    select * from {{ ref('int_customer__person_attributes') }}

),

-- What one record says about a group of attributes. A record with nothing but companions says nothing.
candidates as (

    select
        person_id,
        attribute_group,
        strategy,
        source_name,
        table_name,
        record_id,
        trust_rank,
        max(seen_at) as seen_at,
        bool_or(is_verified) as is_verified,
        -- All it says about the group as one number; attributes differ, so their order doesn't count.
        bit_xor(case when strategy = 'most_frequent' then {{ key64("attribute || '=' || attribute_value") }} end)
            as content_key
    from attributes
    group by person_id, attribute_group, strategy, source_name, table_name, record_id, trust_rank
    having not bool_and(is_companion)

),

counted as (

    select
        *,
        case when strategy = 'most_frequent'
            then count(*) over (partition by person_id, attribute_group, content_key) end as same_count
    from candidates

),

-- A line that isn't the group's strategy is null for all its records and decides nothing.
winners as (

    select * from counted
    qualify row_number() over (
        partition by person_id, attribute_group
        order by
            case when strategy = 'most_frequent' then same_count end desc,
            case when strategy = 'most_recent_verified' then is_verified end desc,
            case when strategy in ('most_recent', 'most_recent_verified') then seen_at end desc,
            trust_rank asc, seen_at desc, source_name asc, table_name asc, record_id asc
    ) = 1

),

golden as (

    select attributes.*
    from attributes
    inner join winners
        on attributes.person_id = winners.person_id
        and attributes.attribute_group = winners.attribute_group
        and attributes.source_name = winners.source_name
        and attributes.table_name = winners.table_name
        and attributes.record_id = winners.record_id

),

votes as (

    select
        golden.person_id,
        golden.attribute,
        count(*) as record_count,
        count(*) filter (where attributes.attribute_value = golden.attribute_value) as agreeing_count
    from golden
    inner join attributes on golden.person_id = attributes.person_id and golden.attribute = attributes.attribute
    group by golden.person_id, golden.attribute

),

final as (

    select
        golden.person_id,
        golden.attribute,
        golden.attribute_group,
        golden.attribute_value,
        golden.source_name,
        golden.table_name,
        golden.record_id,
        golden.seen_at,
        golden.is_verified,
        golden.strategy,
        cast(votes.agreeing_count as integer) as agreeing_record_count,
        cast(votes.record_count - votes.agreeing_count as integer) as disagreeing_record_count
    from golden
    inner join votes on golden.person_id = votes.person_id and golden.attribute = votes.attribute

)

select * from final
