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
        string_agg(attribute || '=' || attribute_value, chr(31) order by attribute)
            filter (where strategy = 'most_frequent') as content
    from attributes
    group by person_id, attribute_group, strategy, source_name, table_name, record_id, trust_rank
    having not bool_and(is_companion)

),

counted as (

    select
        *,
        case when strategy = 'most_frequent'
            then count(*) over (partition by person_id, attribute_group, content) end as same_count
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
            trust_rank, seen_at desc, source_name, table_name, record_id
    ) = 1

),

votes as (

    select
        person_id,
        attribute,
        attribute_value,
        count(*) as agreeing_count,
        sum(count(*)) over (partition by person_id, attribute) as record_count
    from attributes
    group by person_id, attribute, attribute_value

),

final as (

    select
        attributes.person_id,
        attributes.attribute,
        attributes.attribute_group,
        attributes.attribute_value,
        attributes.source_name,
        attributes.table_name,
        attributes.record_id,
        attributes.seen_at,
        attributes.is_verified,
        attributes.strategy,
        cast(votes.agreeing_count as integer) as agreeing_record_count,
        cast(votes.record_count - votes.agreeing_count as integer) as disagreeing_record_count
    from attributes
    inner join winners
        on attributes.person_id = winners.person_id
        and attributes.attribute_group = winners.attribute_group
        and attributes.source_name = winners.source_name
        and attributes.table_name = winners.table_name
        and attributes.record_id = winners.record_id
    inner join votes
        on attributes.person_id = votes.person_id
        and attributes.attribute = votes.attribute
        and attributes.attribute_value = votes.attribute_value

)

select * from final
