-- Players and events of each UTC day, without impressions.
-- chart: day players
select
  cast(e.timestamp as date) as day,
  count(distinct e.user_id) as players,
  count(*) as events
from events e
where e.type <> 'impression'
group by cast(e.timestamp as date)
order by day desc
