-- Games by the number of players who played, liked, bought or wished for them.
-- chart: item_id players
select
  e.item_id,
  count(distinct e.user_id) as players,
  count(distinct case when e.type = 'purchase' then e.user_id end) as buyers,
  count(distinct case when e.type = 'play' then e.user_id end) as played
from events e
where e.type in ('play', 'like', 'purchase', 'wishlist')
group by e.item_id
order by players desc, e.item_id
