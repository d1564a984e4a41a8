const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,39}$/;

/** Refuses a schema name that would need quoting. Throws RangeError. */
export const checkSchemaName = (schema: string): string => {
  if (SCHEMA_NAME.test(schema)) return schema;
  throw new RangeError(`schema ${JSON.stringify(schema)} is not valid; use up to 40 of a-z, 0-9 and _, not a digit first`);
};

/** The NOTIFY channel that tells the new last position. */
export const channelOf = (schema: string): string => `${schema}_appended`;

/** The name of the one function that appends. Its number changes with its meaning, so that two releases can run side by side. */
export const appendFunctionOf = (schema: string): string => `${schema}.append_events_2`;

/** Whether the newest part of the schema is there. */
export const isMigratedSql = (schema: string): string => `select to_regproc('${appendFunctionOf(schema)}') is not null as migrated`;

/**
 * Creates what is missing; may be run by several at once.
 *
 * The log is one table. There is no head row: under the advisory lock the last row of the primary
 * key is the head, and unlike a row that every append updates it leaves no dead versions behind,
 * which a long transaction anywhere in the database would keep from being cleaned up.
 */
export const migrateSql = (schema: string): string => `
begin;
select pg_advisory_xact_lock(hashtextextended('${schema} migration', 0));
create schema if not exists ${schema};

create table if not exists ${schema}.log (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  single boolean primary key default true check (single)
);
insert into ${schema}.log default values on conflict do nothing;

create table if not exists ${schema}.events (
  position bigint not null,
  revision bigint not null,
  recorded_at timestamptz not null,
  id uuid not null,
  schema_version integer not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  data json not null,
  metadata json not null,
  constraint events_position primary key (position),
  constraint events_stream_revision unique (stream, revision),
  constraint events_id unique (id)
);

create or replace function ${schema}.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the event log is only ever appended to';
end $$;
create or replace trigger events_never_change before update or delete or truncate on ${schema}.events
  for each statement execute function ${schema}.refuse_change();
${appendFunctionSql(schema)}
commit;`;

/**
 * Appends a group of appends, all in one transaction and one statement; each set of them is written,
 * found to be there already, or refused, without touching the others. The advisory lock is held until the
 * commit is on disk, so commits happen in the order of positions and a reader that sees a position
 * sees all before it. The caller puts no event id twice into a group: then what an earlier append of
 * the group writes cannot be a repeat of a later one, and only the table has to be looked at.
 *
 * names: the streams, each once. Per append: slots (which of names), expected (a revision, or
 * -1 no_stream, -2 any, -4 stream_exists), firsts and counts (its part of the events), sets (neighbours
 * of one number are all written, all found, or all refused). Per event:
 * owners (its append) and its fields. Indices start at 1. Answers a row per append, in order:
 * outcome 1 written, 2 repeated, 3 refused; revision and position of its last event, the actual
 * revision where it is refused (-1: no stream); position of its first event; recorded at, in
 * milliseconds since the epoch.
 */
const appendFunctionSql = (schema: string): string => `
create or replace function ${appendFunctionOf(schema)}(
  names text[], slots int4[], expected int8[], firsts int4[], counts int4[],
  owners int4[], ids uuid[], types text[], versions int4[], data json[], metadata json[], sets int4[]
) returns table (outcome int4, last_revision int8, last_position int8, first_position int8, recorded_ms int8)
language plpgsql as $$
declare
  head int8;
  old_head int8;
  recorded timestamptz;
  tips int8[];
  appends int4 := cardinality(slots);
  outcomes int4[] := array_fill(3, array[appends]);
  revisions int8[] := array_fill(-1::int8, array[appends]);
  positions int8[] := array_fill(0::int8, array[appends]);
  bases int8[] := array_fill(0::int8, array[appends]);
  slot int4;
  first int4;
  count_of int4;
  tip int8;
  want int8;
  known int8;
  known_revision int8;
  known_position int8;
  verdict int4;
  set_first int4;
  set_refused bool := false;
  old_tips int8[];
  set_head int8;
begin
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  perform pg_advisory_xact_lock(hashtextextended('${schema} append', 0));

  select e.position, e.recorded_at into head, recorded from ${schema}.events e order by e.position desc limit 1;
  head := coalesce(head, 0);
  old_head := head;
  recorded := greatest(date_trunc('milliseconds', clock_timestamp()), recorded);

  select array_agg(coalesce(e.revision, -1) order by n.i) into tips
  from unnest(names) with ordinality n (name, i)
  left join lateral (
    select x.revision from ${schema}.events x where x.stream = n.name order by x.revision desc limit 1
  ) e on true;

  for i in 1 .. appends loop
    slot := slots[i];
    tip := tips[slot];
    want := expected[i];
    first := firsts[i];
    count_of := counts[i];
    verdict := 3;
    if i = 1 or sets[i] <> sets[i - 1] then
      set_first := i;
      set_refused := false;
      if i < appends and sets[i + 1] = sets[i] then
        old_tips := tips;
        set_head := head;
      end if;
    end if;
    if set_refused then
      revisions[i] := tip;
      continue;
    end if;
    if want = tip or (want = -2 and tip = -1) then
      verdict := 1;
    elsif want = -2 or (want = -4 and tip >= 0) then
      select count(*), max(e.revision), max(e.position) into known, known_revision, known_position
      from ${schema}.events e
      where e.id = any (ids[first : first + count_of - 1]) and e.stream = names[slot];
      verdict := case known when 0 then 1 when count_of then 2 else 3 end;
    elsif want >= -1 and want < tip then
      select count(*), max(e.revision), max(e.position) into known, known_revision, known_position
      from unnest(ids[first : first + count_of - 1]) with ordinality u (id, i)
      join ${schema}.events e on e.stream = names[slot] and e.revision = want + u.i and e.id = u.id;
      verdict := case known when count_of then 2 else 3 end;
    end if;

    if i > set_first and verdict <> outcomes[set_first] then
      verdict := 3;
      tips := old_tips;
      head := set_head;
      for j in set_first .. i - 1 loop
        outcomes[j] := 3;
        revisions[j] := tips[slots[j]];
        positions[j] := 0;
        bases[j] := 0;
      end loop;
      tip := tips[slot];
    end if;
    set_refused := verdict = 3;

    outcomes[i] := verdict;
    if verdict = 1 then
      bases[i] := head + 1;
      head := head + count_of;
      tip := tip + count_of;
      tips[slot] := tip;
      revisions[i] := tip;
      positions[i] := head;
    elsif verdict = 2 then
      revisions[i] := known_revision;
      positions[i] := known_position;
    else
      revisions[i] := tip;
    end if;
  end loop;

  if head > old_head then
    insert into ${schema}.events (position, revision, recorded_at, id, schema_version, stream, type, data, metadata)
    select bases[u.owner] + u.i - firsts[u.owner],
      revisions[u.owner] - counts[u.owner] + 1 + u.i - firsts[u.owner],
      recorded, u.id, u.version, names[slots[u.owner]], u.type, u.body, u.about
    from unnest(owners, ids, types, versions, data, metadata) with ordinality
      u (owner, id, type, version, body, about, i)
    where bases[u.owner] > 0;
    perform pg_notify('${channelOf(schema)}', head::text);
  end if;

  return query
    select r.*, (extract(epoch from recorded) * 1000)::int8 from unnest(outcomes, revisions, positions, bases) r;
end $$;
`;
