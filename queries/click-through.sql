-- Share of the shown games that were clicked, by row, tier and release. Weighted, because only a sample is logged.
-- chart: row_id click_through
with clicks as (
  select distinct e.recommendation_id, e.item_id
  from events e
  where e.type = 'click' and e.recommendation_id is not null
)
select
  s.row_id,
  s.tier,
  s.release as release_version,
  sum(1e0 / s.sampling_rate) as shown,
  sum(case when c.item_id is null then 0e0 else 1e0 / s.sampling_rate end) as clicked,
  sum(case when c.item_id is null then 0e0 else 1e0 / s.sampling_rate end) / sum(1e0 / s.sampling_rate) as click_through
from slates s
left join clicks c on c.recommendation_id = s.recommendation_id and c.item_id = s.item_id
group by s.row_id, s.tier, s.release
order by shown desc, s.row_id, s.tier
