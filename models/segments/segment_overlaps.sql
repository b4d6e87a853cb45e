with

membership as not materialized (

    select * from {{ ref('segment_membership') }}

),

customers as (

    select count(*) as customer_count from {{ ref('customer_360_pseudonymous') }}

),

-- Segments by number, and the people of each set of segments as one row: pairs are made of sets, not of people.
numbers as (

    select segment, cast(row_number() over (order by segment) as integer) as segment_no, count(*) as member_count
    from membership
    group by segment

),

people as (

    select membership.person_id, list_sort(list(numbers.segment_no)) as segment_nos
    from membership
    inner join numbers on membership.segment = numbers.segment
    group by membership.person_id

),

sets as (

    select segment_nos, count(*) as person_count
    from people
    where len(segment_nos) > 1
    group by segment_nos

),

firsts as (

    select segment_nos, person_count, unnest(segment_nos) as segment_no from sets

),

-- Each pair once, and then the other way round.
ordered_pairs as (

    select segment_no, other_no, sum(person_count) as both_count
    from (
        select
            segment_no,
            person_count,
            unnest(list_filter(segment_nos, lambda number: number > segment_no)) as other_no
        from firsts
    ) as members
    group by segment_no, other_no

),

pairs as (

    select segment_no, other_no, both_count from ordered_pairs

    union all

    select other_no as segment_no, segment_no as other_no, both_count from ordered_pairs

),

final as (

    select
        sizes.segment,
        others.segment as other_segment,
        cast(pairs.both_count as integer) as both_count,
        pairs.both_count / sizes.member_count as share_of_segment_rate,
        pairs.both_count / (sizes.member_count + others.member_count - pairs.both_count) as jaccard_rate,
        pairs.both_count * customers.customer_count / (sizes.member_count * others.member_count) as lift
    from pairs
    inner join numbers as sizes on pairs.segment_no = sizes.segment_no
    inner join numbers as others on pairs.other_no = others.segment_no
    cross join customers

)

select * from final
