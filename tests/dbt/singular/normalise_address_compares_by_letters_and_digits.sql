-- Rows on which normalise_address gives something else than expected.
with

writings (street, district, postal_code, expected) as (
    values
    ('12/5  Sukhumvit Rd.', 'Bang Rak', '10500', '12 5 sukhumvit rd bang rak 10500'),
    ('12-5 SUKHUMVIT RD', 'Bang  Rak,', ' 10500', '12 5 sukhumvit rd bang rak 10500'),
    -- a house number isn't glued together
    ('125 Sukhumvit Rd', 'Bang Rak', '10500', '125 sukhumvit rd bang rak 10500'),
    -- Thai vowels and tone marks are no punctuation
    ('77/6 ถนนราษฎร์บำรุง', 'ปากเกร็ด', '11120', '77 6 ถนนราษฎร์บำรุง ปากเกร็ด 11120'),
    ('Nábřeží 1', null, '110 00', 'nábřeží 1 110 00'),
    ('Na' || chr(769) || 'br. 1', null, null, 'nábr 1'),
    ('-', null, '', null),
    (null, null, null, null)
)

select
    street,
    expected,
    {{ normalise_address(['street', 'district', 'postal_code']) }} as found
from writings
where {{ normalise_address(['street', 'district', 'postal_code']) }} is distinct from expected
