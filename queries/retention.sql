-- Players by the week of their first event, and the share of them that was active in each later week.
--
-- Impressions do not count. With --from, a player's first event is the first one in the range.
with dated as (
  select
    e.user_id,
    date_trunc('week', e.timestamp) as week,
    extract(year from date_trunc('week', e.timestamp)) as calendar_year,
    extract(month from date_trunc('week', e.timestamp)) as calendar_month,
    extract(day from date_trunc('week', e.timestamp)) as calendar_day
  from events e
  where e.type <> 'impression'
),
-- Years from March to February, so that the leap day is the last day of its year.
shifted as (
  select
    d.user_id,
    d.week,
    case when d.calendar_month > 2 then d.calendar_year else d.calendar_year - 1 end as march_year,
    case when d.calendar_month > 2 then d.calendar_month - 3 else d.calendar_month + 9 end as march_month,
    d.calendar_day
  from dated d
),
-- Mondays are seven days apart, so a week's number is the quotient of its Monday's day number.
active as (
  select distinct
    s.user_id,
    s.week,
    cast(
      floor(
        (
          365 * s.march_year + floor(s.march_year / 4e0) - floor(s.march_year / 100e0) + floor(s.march_year / 400e0)
          + floor((153 * s.march_month + 2) / 5e0) + s.calendar_day
        ) / 7e0
      ) as integer
    ) as week_number
  from shifted s
),
firsts as (
  select user_id, min(week) as first_week, min(week_number) as first_number
  from active
  group by user_id
),
cohorts as (
  select first_week, count(*) as players
  from firsts
  group by first_week
)
select
  cast(f.first_week as date) as first_week,
  a.week_number - f.first_number as weeks_later,
  c.players as players,
  count(*) as active_players,
  1e0 * count(*) / c.players as retention
from active a
join firsts f on f.user_id = a.user_id
join cohorts c on c.first_week = f.first_week
group by f.first_week, a.week_number - f.first_number, c.players
order by first_week, weeks_later
