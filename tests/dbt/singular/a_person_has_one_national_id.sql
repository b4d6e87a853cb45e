-- Constraints refuse a link by which a person would hold two national ids.
select values_held.person_key, count(*) as national_id_count
from {{ ref('int_identity__person_values') }} as values_held
where values_held.identifier_type = 'national_id' and values_held.is_held
group by values_held.person_key
having count(*) > 1
