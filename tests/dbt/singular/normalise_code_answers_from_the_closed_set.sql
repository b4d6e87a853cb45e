-- Rows on which normalise_code or normalise_gender gives something else than expected.
with

writings as (
    select * from (values
        ('F', 'F', null),
        ('female', 'F', null),
        (' Male ', 'M', null),
        ('x', 'X', null),
        ('Married', null, 'married'),
        ('complicated', null, null),
        (null, null, null)
    ) as literals (written, gender, marital_status)
)

select written
from writings
where
    {{ normalise_gender('written') }} is distinct from gender
    or {{ normalise_code('written', ['single', 'married']) }} is distinct from marital_status
