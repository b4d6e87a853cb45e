-- Rows on which normalise_phone gives something else than expected. The country is given, so that the test holds
-- whatever the bank's own is; tests/integration/test_phone_numbers.py holds the macro against the library.
with

writings (written, in_thailand, in_czechia) as (
    values
    ('081-234-5679', '+66812345679', null),
    ('๐๘๑ ๒๓๔ ๕๖๗๙', '+66812345679', null),
    ('+66 (0)81 234 5679', '+66812345679', '+66812345679'),
    ('0066812345679', '+66812345679', '+66812345679'),
    ('02-123-4568 ต่อ 12', '+6621234568', null),
    ('777 123 456', null, '+420777123456'),
    ('+420 777 123 456', '+420777123456', '+420777123456'),
    ('+44 20 7946 0958', '+442079460958', '+442079460958'),
    ('+1 212 555 0123', '+12125550123', '+12125550123'),
    ('+999 12 345 678', null, null),
    ('0000000000', null, null),
    ('999999999', null, null),
    ('02-000-0000', null, null),
    ('02-100-0000', '+6621000000', null),
    ('1234567890', null, null),
    ('081-234-567', null, null),
    ('081-234-5679, 089-876-5432', null, null),
    ('none', null, null),
    (null, null, null)
),

readings as (
    select
        written,
        in_thailand,
        in_czechia,
        {{ normalise_phone('written', 'TH') }} as found_in_thailand,
        {{ normalise_phone('written', 'CZ') }} as found_in_czechia
    from writings
)

select
    written,
    found_in_thailand,
    found_in_czechia
from readings
where
    found_in_thailand is distinct from in_thailand
    or found_in_czechia is distinct from in_czechia
