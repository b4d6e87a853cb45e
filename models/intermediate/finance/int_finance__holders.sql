with

accounts as (

    select * from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

media_persons as (

    select * from {{ ref('int_finance__media_persons') }}

),

sent_messages as (

    select * from {{ ref('int_finance__sent_messages') }}

),

-- Who pays for a service or a message: its record's person.
kinds (source_name, table_name, holder_type) as (
    values
    ('crm', 'call_centre_cases', 'call'),
    ('core_banking', 'branch_visits', 'branch_visit'),
    ('crm', 'contacts', 'contact')
),

shared as (

    select
        'account' as holder_type,
        account_no as holder_no,
        person_id,
        from_month_end_date,
        to_month_end_date,
        not is_main_owner as is_later
    from accounts

    union all

    select
        'media' as holder_type,
        platform as holder_no,
        person_id,
        month_end_date as from_month_end_date,
        month_end_date as to_month_end_date,
        false as is_later
    from media_persons

),

single as (

    select 'customer_number' as holder_type, cif_no as holder_no, person_id
    from customer_numbers

    union all

    select kinds.holder_type, records.record_id as holder_no, records.person_id
    from records
    inner join kinds on records.source_name = kinds.source_name and records.table_name = kinds.table_name

    union all

    select 'person' as holder_type, holder_no, holder_no as person_id
    from sent_messages
    where holder_type = 'person'
    group by holder_no

),

-- Equal parts; the main owner's is the first.
final as (

    select
        holder_type,
        holder_no,
        person_id,
        from_month_end_date,
        to_month_end_date,
        row_number() over (
            partition by holder_type, holder_no, from_month_end_date order by is_later, person_id
        ) as part_no,
        count(*) over (partition by holder_type, holder_no, from_month_end_date) as part_count
    from shared

    union all

    select
        holder_type,
        holder_no,
        person_id,
        date '1900-01-31' as from_month_end_date,
        date '9999-12-31' as to_month_end_date,
        1 as part_no,
        1 as part_count
    from single

)

select * from final
