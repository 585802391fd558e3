-- How many players went from one game to the next, by their first play, like, purchase or wish of each.
with firsts as (
  select e.user_id, e.item_id, min(e.timestamp) as first_at
  from events e
  where e.type in ('play', 'like', 'purchase', 'wishlist')
  group by e.user_id, e.item_id
),
steps as (
  select item_id, lag(item_id) over (partition by user_id order by first_at, item_id) as previous_id
  from firsts
)
select previous_id as from_item_id, item_id as to_item_id, count(*) as players
from steps
where previous_id is not null
group by previous_id, item_id
order by players desc, from_item_id, to_item_id
