-- Players by the week of their first event, and the share of them that came back in each later week with events.
with active as (
  select distinct e.user_id, date_trunc('week', e.timestamp) as week
  from events e
),
weeks as (
  select w.week, row_number() over (order by w.week) as week_number
  from (select distinct week from active) w
),
numbered as (
  select a.user_id, a.week, w.week_number
  from active a
  join weeks w on w.week = a.week
),
firsts as (
  select user_id, min(week) as first_week, min(week_number) as first_number
  from numbered
  group by user_id
),
cohorts as (
  select first_week, count(*) as players
  from firsts
  group by first_week
)
select
  cast(f.first_week as date) as first_week,
  n.week_number - f.first_number as weeks_later,
  c.players as players,
  count(*) as active_players,
  1.0 * count(*) / c.players as retention
from numbered n
join firsts f on f.user_id = n.user_id
join cohorts c on c.first_week = f.first_week
group by f.first_week, n.week_number - f.first_number, c.players
order by first_week, weeks_later
