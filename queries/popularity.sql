-- Games by the number of players who played, liked, bought, wished for or rated them well, and did not take it back.
-- chart: item_id players
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
kept as (
  select e.user_id as user_id, e.item_id as item_id, e.type as type, e.value as value, e.timestamp as timestamp
  from events e
  left join taken_back t on t.user_id = e.user_id and t.item_id = e.item_id and t.event_type = e.type
  left join resets r on r.user_id = e.user_id
  where e.type in ('play', 'purchase', 'wishlist', 'like', 'dislike', 'rate')
    and (t.last_at is null or e.timestamp > t.last_at)
    and (r.last_at is null or e.timestamp > r.last_at)
),
-- A player has one vote on a game: the last like, dislike or rating.
votes as (
  select
    k.user_id,
    k.item_id,
    k.type,
    k.value,
    row_number() over (partition by k.user_id, k.item_id order by k.timestamp desc, k.type desc) as recency
  from kept k
  where k.type in ('like', 'dislike', 'rate')
),
interactions as (
  select k.user_id, k.item_id, k.type
  from kept k
  where k.type in ('play', 'purchase', 'wishlist')
  union all
  -- A rating counts if it is at least three tenths of the way from the middle to the maximum.
  select v.user_id, v.item_id, v.type
  from votes v
  where v.recency = 1
    and (v.type = 'like' or (v.type = 'rate' and (v.value - 2.75e0) / 2.25e0 >= 0.3e0))
)
select
  i.item_id,
  count(distinct i.user_id) as players,
  count(distinct case when i.type = 'purchase' then i.user_id end) as buyers,
  count(distinct case when i.type = 'play' then i.user_id end) as played
from interactions i
group by i.item_id
order by players desc, i.item_id
