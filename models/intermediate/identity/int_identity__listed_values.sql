with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

-- How much of a value a pattern is compared with: so many letters, or 0 for what the @ ends or begins. Comparing
-- whole pieces is a join; trying each pattern on each value would take four times as long.
block_list as (

    select
        rules.identifier_type,
        patterns.match_kind,
        patterns.pattern,
        case
            when patterns.match_kind = 'prefix' and strpos(patterns.pattern, '@') = length(patterns.pattern) then 0
            when patterns.match_kind = 'suffix' and strpos(patterns.pattern, '@') = 1 then 0
            else length(patterns.pattern)
        end as letter_count,
        min(patterns.reason) as reason
    from {{ ref('blocked_values') }} as patterns
    inner join rules on patterns.identifier_type in (rules.identifier_type, '*')
    group by rules.identifier_type, patterns.match_kind, patterns.pattern

),

comparisons as (

    select identifier_type, match_kind, letter_count
    from block_list
    where match_kind != 'exact'
    group by identifier_type, match_kind, letter_count

),

parts as (

    select
        identifier_type,
        unnest(string_split(parts, '+')) as part_type,
        generate_subscripts(string_split(parts, '+'), 1) as place
    from rules
    where parts is not null

),

-- A composite is as bad as each of its parts.
texts as (

    select value_key, identifier_type, identifier_type as text_type, lower(identifier_value) as shown_text
    from record_identifiers

    union all

    select
        shown.value_key,
        shown.identifier_type,
        parts.part_type as text_type,
        lower(split_part(shown.identifier_value, '|', parts.place)) as shown_text
    from record_identifiers as shown
    inner join parts on shown.identifier_type = parts.identifier_type

),

pieces as (

    select value_key, identifier_type, text_type, 'exact' as match_kind, shown_text as piece
    from texts

    union all

    select
        texts.value_key,
        texts.identifier_type,
        texts.text_type,
        comparisons.match_kind,
        case
            when comparisons.letter_count = 0 and comparisons.match_kind = 'prefix'
                then left(texts.shown_text, strpos(texts.shown_text, '@'))
            when comparisons.letter_count = 0 then substr(texts.shown_text, strpos(texts.shown_text, '@'))
            when comparisons.match_kind = 'prefix' then left(texts.shown_text, comparisons.letter_count)
            else right(texts.shown_text, comparisons.letter_count)
        end as piece
    from texts
    inner join comparisons on texts.text_type = comparisons.identifier_type

),

final as (

    select
        pieces.value_key,
        min(pieces.identifier_type) as identifier_type,
        min(block_list.reason) as reason
    from pieces
    inner join block_list
        on
            pieces.text_type = block_list.identifier_type
            and pieces.match_kind = block_list.match_kind
            and pieces.piece = block_list.pattern
    group by pieces.value_key

)

select * from final
