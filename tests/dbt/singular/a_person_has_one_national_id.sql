{{ config(severity='warn') }}
-- A login or customer number at which two national ids meet joins nothing, but that looks one link far only. Whoever
-- still shows two was glued together over a longer chain of links.
select person_id, count(*) as national_id_count
from {{ ref('customer_identifiers') }}
where identifier_type = 'national_id'
group by person_id
having count(*) > 1
