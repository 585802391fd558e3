-- Transitions between games: how many players came from one to another within 50 games, by the first time of each.
-- chart: to_item_id players
--
-- The algorithm transitions trains on it (docs/queries.md). A player's games are in the order of the first play, like,
-- purchase, wish or good rating that was not taken back. sum_050 adds up distance^-0.50 over the players, and so on.
with taken_back as (
  select
    e.user_id,
    e.item_id,
    case e.type when 'unlike' then 'like' when 'refund' then 'purchase' else 'wishlist' end as event_type,
    max(e.timestamp) as last_at
  from events e
  where e.type in ('unlike', 'refund', 'unwishlist')
  group by
    e.user_id, e.item_id, case e.type when 'unlike' then 'like' when 'refund' then 'purchase' else 'wishlist' end
),
resets as (
  select e.user_id, max(e.timestamp) as last_at
  from events e
  where e.type = 'reset'
  group by e.user_id
),
interactions as (
  select
    e.user_id as user_id,
    e.item_id as item_id,
    e.timestamp as acted_at,
    e.sequence as log_order,
    row_number() over (partition by e.user_id, e.item_id order by e.timestamp, e.sequence) as repetition
  from events e
  left join taken_back t on t.user_id = e.user_id and t.item_id = e.item_id and t.event_type = e.type
  left join resets r on r.user_id = e.user_id
  -- A rating counts if it is at least three tenths of the way from the middle to the maximum.
  where (
    e.type in ('play', 'like', 'purchase', 'wishlist')
    or (e.type = 'rate' and (e.value - 2.75e0) / 2.25e0 >= 0.3e0)
  )
    and (t.last_at is null or e.timestamp > t.last_at)
    and (r.last_at is null or e.timestamp > r.last_at)
),
histories as (
  select
    user_id,
    item_id,
    acted_at,
    row_number() over (partition by user_id order by acted_at, log_order) as step
  from interactions
  where repetition = 1
),
games as (
  select item_id, count(*) as players
  from histories
  group by item_id
),
newest as (
  select max(acted_at) as counted_until
  from histories
),
pairs as (
  select
    a.item_id as from_item_id,
    b.item_id as to_item_id,
    count(*) as players,
    sum(power(b.step - a.step, -0.25e0)) as sum_025,
    sum(power(b.step - a.step, -0.5e0)) as sum_050,
    sum(power(b.step - a.step, -0.75e0)) as sum_075,
    sum(power(b.step - a.step, -1)) as sum_100,
    sum(power(b.step - a.step, -1.5e0)) as sum_150
  from histories a
  join histories b on b.user_id = a.user_id and b.step > a.step and b.step <= a.step + 50
  group by a.item_id, b.item_id
)
select
  p.from_item_id,
  p.to_item_id,
  p.players as players,
  f.players as from_players,
  t.players as to_players,
  p.sum_025,
  p.sum_050,
  p.sum_075,
  p.sum_100,
  p.sum_150,
  n.counted_until,
  cast(current_timestamp as timestamp) as counted_at
from pairs p
join games f on f.item_id = p.from_item_id
join games t on t.item_id = p.to_item_id
cross join newest n
order by p.players desc, p.from_item_id, p.to_item_id
