-- Rows on which normalise_code or normalise_gender gives something else than expected.
with

writings (written, gender, marital_status) as (
    values
    ('F', 'F', null),
    ('female', 'F', null),
    (' Male ', 'M', null),
    ('x', 'X', null),
    ('Married', null, 'married'),
    ('complicated', null, null),
    (null, null, null)
)

select written
from writings
where
    {{ normalise_gender('written') }} is distinct from gender
    or {{ normalise_code('written', ['single', 'married']) }} is distinct from marital_status
