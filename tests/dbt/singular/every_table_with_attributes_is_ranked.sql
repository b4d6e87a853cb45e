-- Tables that say something about people and have no row in the seed source_trust.
select
    source_name,
    table_name
from {{ ref('int_identity__record_attributes') }}
where (source_name, table_name) not in (select (source_name, table_name) from {{ ref('source_trust') }})
group by source_name, table_name
