-- pg_cron as far as its users see it: tables, functions, refusals and rights at Supabase. There is
-- no worker in the server: the sandbox asks `sandbox_cron.due_jobs` and runs what it answers.
-- Written after https://github.com/citusdata/pg_cron (README, version 1.6). Not there: @reboot.

create schema cron;
create schema sandbox_cron;
grant usage on schema sandbox_cron to public;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;
create table cron.job (
    jobid bigint primary key default nextval('cron.jobid_seq'),
    schedule text not null,
    command text not null,
    nodename text not null default 'localhost',
    nodeport integer not null default inet_server_port(),
    database text not null default current_database(),
    username text not null default current_user,
    active boolean not null default true,
    jobname text,
    constraint jobname_username_uniq unique (jobname, username)
);
create table cron.job_run_details (
    jobid bigint,
    runid bigint primary key default nextval('cron.runid_seq'),
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);
select pg_extension_config_dump('cron.job', '');
select pg_extension_config_dump('cron.job_run_details', '');
select pg_extension_config_dump('cron.jobid_seq', '');
select pg_extension_config_dump('cron.runid_seq', '');

alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Schedules

create type sandbox_cron.times as (
    seconds integer,
    minutes integer[],
    hours integer[],
    days integer[],
    months integer[],
    weekdays integer[],
    last_day boolean,
    either_day boolean
);
comment on type sandbox_cron.times is
    'either_day: day of month and weekday are both restricted, so that one of them is enough';

create function sandbox_cron.number(word text, lowest integer, names text[]) returns integer
language sql immutable as $$
    select case
        when word ~ '^[0-9]{1,4}$' then word::integer
        else array_position(names, word) - 1 + lowest
    end
$$;

-- The numbers that one field names, or null when it is none: 1,3-5,*/10,mon-fri
create function sandbox_cron.field(spec text, lowest integer, highest integer, names text[] default '{}')
returns integer[] language plpgsql immutable strict as $$
declare
    part text;
    word text[];
    low integer;
    high integer;
    step integer;
    numbers integer[] := '{}';
begin
    foreach part in array string_to_array(lower(spec), ',') loop
        word := regexp_match(part, '^(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]{1,4}))?$');
        low := case when part like '*%' then lowest else sandbox_cron.number(word[1], lowest, names) end;
        high := case
            when part like '*%' then highest
            when word[2] is null then low
            else sandbox_cron.number(word[2], lowest, names)
        end;
        step := coalesce(word[3]::integer, 1);
        if word is null or low is null or high is null or step = 0
            or low < lowest or high > highest or low > high
        then
            return null;
        end if;
        numbers := numbers || array(select generate_series(low, high, step));
    end loop;
    return numbers;
end
$$;

-- What a schedule means, or null when it means nothing.
create function sandbox_cron.parse(schedule text) returns sandbox_cron.times
language plpgsql immutable as $$
declare
    parts text[];
    found sandbox_cron.times;
begin
    found.seconds := substring(schedule from '^\s*([1-9]|[1-5][0-9]) seconds?\s*$')::integer;
    if found.seconds is not null then
        return found;
    end if;
    parts := regexp_split_to_array(trim(case lower(trim(schedule))
        when '@yearly' then '0 0 1 1 *'
        when '@annually' then '0 0 1 1 *'
        when '@monthly' then '0 0 1 * *'
        when '@weekly' then '0 0 * * 0'
        when '@daily' then '0 0 * * *'
        when '@midnight' then '0 0 * * *'
        when '@hourly' then '0 * * * *'
        else schedule
    end), '\s+');
    found.last_day := parts[3] = '$';
    found.minutes := sandbox_cron.field(parts[1], 0, 59);
    found.hours := sandbox_cron.field(parts[2], 0, 23);
    found.days := case when found.last_day then '{}' else sandbox_cron.field(parts[3], 1, 31) end;
    found.months := sandbox_cron.field(parts[4], 1, 12,
        '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
    found.weekdays := array_replace(
        sandbox_cron.field(parts[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}'), 7, 0);
    found.either_day := parts[3] not like '*%' and parts[5] not like '*%';
    if cardinality(parts) <> 5 or found.minutes is null or found.hours is null
        or found.days is null or found.months is null or found.weekdays is null
    then
        return null;
    end if;
    return found;
end
$$;

create function sandbox_cron.falls_on(at sandbox_cron.times, moment timestamp) returns boolean
language sql immutable as $$
    select extract(minute from moment) = any (at.minutes)
        and extract(hour from moment) = any (at.hours)
        and extract(month from moment) = any (at.months)
        and case when at.either_day then on_day or on_weekday else on_day and on_weekday end
    from (select
        extract(day from moment) = any (at.days)
            or (at.last_day and extract(day from moment + interval '1 day') = 1) as on_day,
        extract(dow from moment) = any (at.weekdays) as on_weekday
    ) as day
$$;

-- The active jobs whose time came after one moment and not after the other. The clock is GMT.
create function sandbox_cron.due_jobs(after timestamptz, upto timestamptz) returns setof cron.job
language sql stable as $$
    select job.* from cron.job as job, sandbox_cron.parse(job.schedule) as at
    where job.active and case
        when at.seconds is not null then
            div(extract(epoch from upto), at.seconds) > div(extract(epoch from after), at.seconds)
        else exists (
            select from generate_series(
                date_trunc('minute', after) + interval '1 minute', upto, interval '1 minute'
            ) as minute
            where sandbox_cron.falls_on(at, minute at time zone 'UTC')
        )
    end
    order by job.jobid
$$;

-- Time as a job sees it: a session of the sandbox's scheduler finds this `now` before PostgreSQL's.
create function sandbox_cron.now() returns timestamptz language sql stable as $$
    select coalesce(
        nullif(current_setting('sandbox.now', true), '')::timestamptz, pg_catalog.now()
    )
$$;

-- What the functions below may write on behalf of their callers

create function sandbox_cron.check_schedule(schedule text) returns void
language plpgsql as $$
begin
    if sandbox_cron.parse(schedule) is null then
        raise invalid_parameter_value using
            message = format('invalid schedule: %s', schedule),
            hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
    end if;
end
$$;

create function sandbox_cron.put(
    name text, schedule text, command text, database text, username text, active boolean
) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    made bigint;
begin
    if schedule is null or command is null then
        raise exception '% can not be NULL',
            case when schedule is null then 'schedule' else 'command' end;
    end if;
    perform sandbox_cron.check_schedule(schedule);
    insert into cron.job as job (jobname, schedule, command, database, username, active)
    values (put.name, put.schedule, put.command, put.database, put.username, put.active)
    on conflict on constraint jobname_username_uniq do update set
        schedule = excluded.schedule, command = excluded.command, database = excluded.database
    returning job.jobid into made;
    return made;
end
$$;

create function sandbox_cron.change(
    job_id bigint, schedule text, command text, database text, username text, active boolean,
    caller text
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if schedule is not null then
        perform sandbox_cron.check_schedule(schedule);
    end if;
    update cron.job as job set
        schedule = coalesce(change.schedule, job.schedule),
        command = coalesce(change.command, job.command),
        database = coalesce(change.database, job.database),
        username = coalesce(change.username, job.username),
        active = coalesce(change.active, job.active)
    where job.jobid = job_id and job.username = caller;
    if not found then
        raise exception 'Job % does not exist or you don''t own it', job_id;
    end if;
end
$$;

create function sandbox_cron.remove(job_id bigint, caller text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner text;
begin
    select job.username into owner from cron.job as job where job.jobid = job_id;
    if owner is null then
        raise exception 'could not find valid entry for job %', job_id;
    end if;
    if owner <> caller and not has_table_privilege(caller, 'cron.job', 'delete') then
        raise insufficient_privilege using message = 'permission denied for table job';
    end if;
    delete from cron.job as job where job.jobid = job_id;
    return true;
end
$$;

create function sandbox_cron.check_other_role(username text) returns void
language plpgsql as $$
begin
    if username is not null and username <> current_user
        and not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
    then
        raise exception 'must be superuser to create a job for another role';
    end if;
end
$$;

-- What users call

create function cron.schedule(schedule text, command text) returns bigint
language sql as $$
    select sandbox_cron.put(null, schedule, command, current_database(), current_user, true)
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql as $$
begin
    if job_name is null then
        raise exception 'job_name can not be NULL';
    end if;
    return sandbox_cron.put(job_name, schedule, command, current_database(), current_user, true);
end
$$;

create function cron.schedule_in_database(
    job_name text, schedule text, command text, database text,
    username text default null, active boolean default true
) returns bigint language plpgsql as $$
begin
    perform sandbox_cron.check_other_role(username);
    return sandbox_cron.put(
        job_name, schedule, command, database, coalesce(username, current_user), active
    );
end
$$;

create function cron.alter_job(
    job_id bigint, schedule text default null, command text default null,
    database text default null, username text default null, active boolean default null
) returns void language plpgsql as $$
begin
    perform sandbox_cron.check_other_role(username);
    perform sandbox_cron.change(
        job_id, schedule, command, database, username, active, current_user
    );
end
$$;

create function cron.unschedule(job_id bigint) returns boolean
language sql as $$
    select sandbox_cron.remove(job_id, current_user)
$$;

create function cron.unschedule(job_name text) returns boolean
language plpgsql as $$
declare
    found_id bigint;
begin
    select jobid into found_id from cron.job where jobname = job_name and username = current_user;
    if found_id is null then
        raise exception 'could not find valid entry for job ''%''', job_name;
    end if;
    return sandbox_cron.remove(found_id, current_user);
end
$$;

-- The rights that Supabase gives: jobs are read, and changed by the functions only.
grant usage on schema cron to postgres with grant option;
grant all on all tables in schema cron to postgres with grant option;
grant all on all sequences in schema cron to postgres with grant option;
revoke all on table cron.job from postgres;
grant select on table cron.job to postgres with grant option;
