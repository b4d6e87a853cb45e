{% macro normalise_email(column) -%}
    {#-
      The address in lower case and NFC if it can be a person's address, else null.

      Null are addresses without a valid syntax, mailboxes that nobody or everybody owns (no-reply, roles, tests) and
      the reserved domains of RFC 2606. This list is the only copy. Dots and plus tags stay: whether `a.b@` and `ab@`
      are one mailbox is each provider's own rule, and taking them for one could glue strangers together.
    -#}
    {%- set address = 'lower(' ~ nfc(
        regexp_replace_all(column, '[\\s\u00A0\u200B-\u200F\u202A-\u202E\u2060\uFEFF]+$|^[\\s\u00A0\u200B-\u200F\u202A-\u202E\u2060\uFEFF]+', '')
    ) ~ ')' -%}
    {#- Written as what is not allowed: letters of all scripts as a class make the expression fifty times slower. -#}
    {%- set atom = '[^\\x00-\\x20\\x7F"(),.:;<>@\\[\\\\\\]\u00A0\u2000-\u206F\u3000]+' -%}
    {%- set label_end = '[^\\x00-/:-@\\[-`{-\\x7F\u00A0\u2000-\u206F\u3000]' -%}
    {%- set label = label_end ~ '(?:[^\\x00-,./:-@\\[-`{-\\x7F\u00A0\u2000-\u206F\u3000]*' ~ label_end ~ ')?' -%}
    {%- set local_parts = [
        'no[-._]?reply', 'do[-._]?not[-._]?reply', 'mailer-daemon', 'bounces?', 'postmaster', 'hostmaster', 'webmaster',
        'abuse', 'root', 'admin', 'administrator', 'info', 'support', 'sales', 'contact', 'service', 'marketing',
        'test(?:er|ing)?[0-9]*', 'dummy', 'none', 'null', 'unknown', 'n[-._/]?a', 'no[-._]?e?mail', 'x+', 'asdf', 'qwerty',
    ] -%}
    {%- set domains = [
        '(?:.+\\.)?example\\.(?:com|net|org)', '.+\\.(?:test|example|invalid|localhost|local)', 'test\\.com', 'no[-]?e?mail\\.com',
    ] -%}
    case
        when
            length({{ address }}) <= 254
            and strpos({{ address }}, '@') <= 65
            and {{ matches_fully(address, atom ~ '(?:\\.' ~ atom ~ ')*@(?:' ~ label ~ '\\.)+(?:xn--[a-z0-9-]+|[^\\x00-`{-\\x7F]{2,})') }}
            and not {{ matches_fully(address, '(?:' ~ local_parts | join('|') ~ ')@.*|.*@(?:' ~ domains | join('|') ~ ')') }}
            then {{ address }}
    end
{%- endmacro %}
