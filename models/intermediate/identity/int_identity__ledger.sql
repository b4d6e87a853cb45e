{{ config(materialized='ephemeral') }}

with

final as (

    {{ lake_ledger('identity', {
        'changed_at': 'timestamp', 'person_id': 'varchar', 'change_type': 'varchar', 'other_person_id': 'varchar',
        'record_key': 'ubigint', 'value_key': 'ubigint', 'identifier_type': 'varchar', 'is_customer': 'boolean',
        'valid_from': 'timestamp',
    }) }}

)

select * from final
