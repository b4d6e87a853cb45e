with

listed as (

    select * from {{ ref('stg_consent__suppressions') }}

),

identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

keyed as (

    select
        *,
        case subject_type when 'cif_no' then 'customer_number' else subject_type end || ':' || subject_id as subject_key
    from listed

),

-- Everybody who shows the number or address: one contact too few rather than one too many. It holds once it is told,
-- since the bank's books are of yesterday and the message goes out today.
final as (

    select
        records.person_id,
        keyed.channel,
        keyed.reason,
        min(keyed.since_at) as since_at
    from keyed
    cross join as_of
    inner join identifiers on identifiers.value_key = {{ key64('keyed.subject_key') }}
    inner join records on identifiers.record_key = records.record_key
    where coalesce(keyed.until_at > {{ local_midnight('as_of.as_of_date') }}, true)
    group by records.person_id, keyed.channel, keyed.reason

)

select * from final
