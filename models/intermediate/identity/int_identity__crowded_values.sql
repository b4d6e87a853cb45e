with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

-- Which type can be an anchor of which: the stronger ones, the facts, and names of what somebody only wrote.
anchor_rules as (

    select
        rules.identifier_type,
        anchors.identifier_type as anchor_type,
        anchors.priority as anchor_priority,
        anchors.role as anchor_role
    from rules
    inner join rules as anchors
        on
            anchors.role = 'contradicts'
            or anchors.role = 'joins' and anchors.parts is null and rules.priority > anchors.priority
            or anchors.identifier_type = 'full_name' and rules.evidence = 'declared'
    where rules.max_anchors is not null

),

shown_types as (

    select source_name, table_name, identifier_type from record_identifiers
    group by source_name, table_name, identifier_type

),

-- Source tables that show a type without any anchor, as clicks show a login, are spared the counting.
countable as (

    select shown_types.source_name, shown_types.table_name, shown_types.identifier_type
    from shown_types
    inner join anchor_rules on shown_types.identifier_type = anchor_rules.identifier_type
    inner join shown_types as anchors
        on
            shown_types.source_name = anchors.source_name
            and shown_types.table_name = anchors.table_name
            and anchor_rules.anchor_type = anchors.identifier_type
    group by shown_types.source_name, shown_types.table_name, shown_types.identifier_type

),

limited as (

    select shown.record_key, shown.value_key, rules.identifier_type, rules.max_anchors
    from record_identifiers as shown
    inner join countable
        on
            shown.identifier_type = countable.identifier_type
            and shown.table_name = countable.table_name
            and shown.source_name = countable.source_name
    inner join rules on shown.identifier_type = rules.identifier_type
    where shown.listed_as is null

),

-- Fewer records than anchors allowed can't show too many anchors.
frequent as (

    select * from limited
    where value_key in (select c.value_key from limited as c group by c.value_key having count(*) > max(c.max_anchors))

),

anchored as (

    select
        frequent.*,
        anchor_rules.anchor_type,
        anchor_rules.anchor_priority,
        anchor_rules.anchor_role,
        anchors.value_key as anchor_key
    from frequent
    inner join record_identifiers as anchors on frequent.record_key = anchors.record_key and anchors.listed_as is null
    inner join anchor_rules
        on
            frequent.identifier_type = anchor_rules.identifier_type
            and anchors.identifier_type = anchor_rules.anchor_type

),

backed as (

    select record_key, value_key from anchored
    where anchor_role = 'joins'
    group by record_key, value_key

),

-- Names count only where a record shows nothing stronger, as on lists of names and telephones.
final as (

    select
        anchored.value_key,
        anchored.identifier_type,
        anchored.anchor_type as metric,
        anchored.anchor_priority as metric_priority,
        count(distinct anchored.anchor_key) as metric_value,
        anchored.max_anchors as metric_limit
    from anchored
    left join backed on anchored.record_key = backed.record_key and anchored.value_key = backed.value_key
    where anchored.anchor_role != 'part' or backed.record_key is null
    group by all
    having count(distinct anchored.anchor_key) > anchored.max_anchors

)

select * from final
