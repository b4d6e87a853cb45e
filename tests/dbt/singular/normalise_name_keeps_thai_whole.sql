-- Rows on which normalise_name gives something else than expected.
with

writings (written, expected) as (
    values
    ('Somchai  Jaidee ', 'Somchai Jaidee'),
    ('สมชาย ใจดี', 'สมชาย ใจดี'),
    -- sara am stays one character: NFKC would take it apart
    ('อำนาจ น้ำใจ', 'อำนาจ น้ำใจ'),
    -- and becomes one where it was typed as two, with or without a tone mark between them
    ('อ' || chr(3661) || chr(3634) || 'นาจ', 'อำนาจ'),
    ('น' || chr(3661) || chr(3657) || chr(3634) || 'ใจ', 'น้ำใจ'),
    ('เเก้ว', 'แก้ว'),
    ('สม' || chr(8203) || 'ชาย' || chr(65279), 'สมชาย'),
    ('Anna' || chr(160) || 'Lee', 'Anna Lee'),
    ('Zoe' || chr(776), 'Zoë'),
    ('O''Brien-Šafaříková', 'O''Brien-Šafaříková'),
    ('ﬁona', 'ﬁona'),
    ('-', null),
    ('12345', null),
    (null, null)
)

select
    written,
    expected,
    {{ normalise_name('written') }} as found
from writings
where {{ normalise_name('written') }} is distinct from expected
