-- 25 cells, each once (see the seed's own test), and all eleven names.
select count(*) as cells, count(distinct rfm_segment) as names
from {{ ref('rfm_map') }}
having count(*) <> 25 or count(distinct rfm_segment) <> 11
