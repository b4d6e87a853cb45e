{% macro admit_links(pending, marks, members, refused) -%}
    {#-
      Decide links one by one in the order of their rank, for many groups at once: a link is admitted unless uniting its
      ends would break a limit. The result is exactly that of the loop over all links in order (tests hold it against
      that loop), reached in rounds, each of which decides every link whose turn can't be disturbed any more:

      1. Two clusters that break a limit together always will, as limits count what only grows: every link between
         them is refused at once.
      2. When rounds decide little, take the links of smallest rank in each linked region (all of them at first). A part that these links connect
         without breaking a limit is united at once: no other link could have come in between.
      3. A cluster without marks can't break anything, so it joins the nearest neighbour (smallest rank) whatever that
         one has become by then. Two clusters that are each other's nearest are united, having passed 1.

      The link of smallest rank of all is decided in each round, so the rounds end; one that decides nothing is an error.

      pending: work table (a, b, record_key, value_key, link_rank): links between clusters a and b. Consumed.
      marks: work table (label, limit_key, value_key, seen_date, max_count, window_days): what each cluster holds
      that counts. Consumed. Clusters without marks have no rows.
      members: work table (node, label), each node of interest with its cluster; is brought up to date.
      refused: work table that refusals are added to: (record_key, value_key).
    -#}
    {%- set work = namespace(rest=query_value('select count(*) from ' ~ pending), before=0, share=1.0, rounds=0, is_slow=false) -%}
    {%- for attempt in range(20000) if work.rest > 0 and work.rest != work.before -%}
        {%- set work.rounds, work.before = work.rounds + 1, work.rest -%}
        {%- if work.is_slow -%}
            {{- refuse_conflicts(pending, marks, refused) -}}
            {%- set released = unite_unbroken(pending, marks, members, work.share) -%}
            {%- set work.share = [work.share * 2, 1.0] | min if released else work.share / 2 -%}
        {%- endif -%}
        {{- refuse_conflicts(pending, marks, refused) -}}
        {{- unite_nearest(pending, marks, members) -}}
        {%- set work.rest = query_value('select count(*) from ' ~ pending) -%}
        {%- set work.is_slow = work.rest > 0.7 * work.before -%}
    {%- endfor -%}
    {%- if work.rest > 0 -%}
        {{ exceptions.raise_compiler_error(
            'Identity links did not converge: round ' ~ work.rounds ~ ' decided none of ' ~ work.rest
            ~ ' links, though each decides the one of smallest rank. Are the ranks unique and not null?'
        ) }}
    {%- endif -%}
{%- endmacro %}
