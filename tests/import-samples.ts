// Made-up files in the shapes of real data sets, one or more for each format.

import { EVENT_COLUMNS } from '../workers/storage/event-columns.ts';
import { encodeParquet } from '../workers/storage/parquet.ts';
import { makeEvent } from './event.ts';

/** Files by name, as a folder has them. */
export type Sample = Readonly<Record<string, string | Uint8Array>>;

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

export const SECONDS = 880_606_923;

export const SAMPLES = {
  'movielens with a header': {
    'ratings.csv': `userId,movieId,rating,timestamp\n1,7,4.5,${SECONDS}\n`,
    'movies.csv': 'movieId,title,genres\n7,"Amélie, la (2001)",Comedy|Romance\n8,Nothing,(no genres listed)\n',
    'links.csv': 'movieId,imdbId,tmdbId\n7,0211915,194\n',
  },
  'movielens 1m and 10m': {
    'ratings.dat': `1::7::4.5::${SECONDS}\n`,
    'movies.dat': latin1('7::Amélie, la (2001)::Comedy|Romance\n'),
    'users.dat': '1::F::1::10::48067\n',
  },
  'movielens 100k': {
    'u.data': `1\t7\t4.5\t${SECONDS}\n`,
    'u.item': latin1(`7|Amélie, la (2001)|02-Feb-2001||http://x|0|0|0|0|0|1${'|0'.repeat(8)}|1|0|0|0|0\n`),
    'u.user': '1|24|M|technician|85711\n',
  },
  'steam-200k': {
    'steam-200k.csv':
      '151603712,"Dota, 2",purchase,1.0,0\n151603712,"Dota, 2",play,1.5,0\n151603712,Spore,play,much,0\n',
  },
  'steam-recommendations': {
    'recommendations.csv':
      'app_id,helpful,funny,date,is_recommended,hours,user_id,review_id\n975370,0,0,2022-12-12,true,36.5,51580,0\n',
    'games.csv':
      'app_id,title,date_release,win,mac,linux,rating,positive_ratio,user_reviews,price_final,discount\n' +
      '975370,Dwarf Fort,2022-12-06,true,false,true,Very Positive,95,100,29.99,0.0\n',
    'games_metadata.json': lines({ app_id: 975370, description: 'x', tags: ['Colony Sim', 'Indie'] }),
    'users.csv': 'user_id,products,reviews\n51580,359,0\n',
  },
  recbole: {
    'ml.inter':
      'user_id:token\titem_id:token\trating:float\ttimestamp:float\n' +
      `196\t242\t3\t${SECONDS}\n197\t242\t4\t${SECONDS}\n`,
    'ml.item':
      'item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n' +
      '242\tToy "Story\t1995\tAnimation Comedy\n',
    'other.item': 'item_id:token\tmovie_title:token_seq\n242\tAnother data set\n',
  },
  'gorse CSV': {
    'feedback.csv':
      'feedback_type,user_id,item_id,time_stamp\r\nstar,0,2,2020-01-01 01:01:01.000000001 +0000 UTC\r\n' +
      'read,0,2,2020-01-01 01:01:02 +0000 UTC\r\n',
    'items.csv':
      'item_id,is_hidden,categories,time_stamp,labels,description\r\n' +
      '2,true,x|y,2020-01-01 01:01:01 +0000 UTC,"[""a"",""b""]","o,n,e"\r\n',
  },
  'gorse JSON lines': {
    'feedback.jsonl': lines({
      ...{ FeedbackType: 'star', UserId: '0', ItemId: '2', Value: 1, Timestamp: '2020-01-01T01:01:01Z', Comment: '' },
    }),
    'items.jsonl': lines({ ItemId: '2', IsHidden: false, Categories: ['x', 'y'], Timestamp: '2020-01-01T00:00:00Z' }),
    'users.jsonl': lines({ UserId: '0', Labels: null }),
  },
  metarank: {
    'events.jsonl': lines(
      { event: 'ranking', id: 'r1', timestamp: '1599391467000', user: 'u1', items: [{ id: 'item1' }] },
      {
        ...{ event: 'item', id: 'm1', timestamp: '1599391467000', item: 'item1' },
        fields: [
          { name: 'title', value: 'Cat' },
          { name: 'genres', value: ['white', 'black'] },
          { name: 'price', value: 12.5 },
        ],
      },
      {
        event: 'interaction',
        id: 'i1',
        ranking: 'r1',
        timestamp: '1599391467000',
        user: 'u1',
        type: 'purchase',
        item: 'item1',
      },
      { event: 'interaction', id: 'i2', timestamp: '1599391468000', session: 's1', type: 'click', item: 'item1' },
    ),
  },
  'amazon-reviews 2023': {
    'Video_Games.jsonl': lines({
      ...{ rating: 5.0, title: 'Good', text: 'x', images: [], asin: 'B1', parent_asin: 'B0', user_id: 'AE' },
      ...{ timestamp: 1588687728923, helpful_vote: 0, verified_purchase: true },
    }),
    'meta_Video_Games.jsonl': lines({
      ...{ main_category: 'Video Games', title: 'Game 1', average_rating: 4.8, price: 8.98, images: [], store: 'ACME' },
      ...{ categories: ['Games', 'PC'], details: {}, parent_asin: 'B0' },
    }),
  },
  'amazon-reviews 2018': {
    'Video_Games.json': lines({
      ...{ overall: 2, verified: true, reviewerID: 'A1', asin: 'B7', unixReviewTime: SECONDS, summary: 'x' },
    }),
    'meta_Video_Games.json': lines({ category: ['Games'], title: 'Game 7', brand: 'ACME', price: '$8.98', asin: 'B7' }),
  },
  sequences: { 'sequences.txt': 'u1 a\nu2 b\nu1\tb\nbroken\nu1 x/y\n\nu1 c\n' },
  jsonl: {
    'export.jsonl': lines(
      { kind: 'event', id: '1', userId: 'anna', type: 'play', itemId: 'g1', value: 90, timestamp: 1000 * SECONDS },
      { kind: 'item', itemId: 'g1', title: 'Game 1' },
    ),
  },
  log: {
    '1-1-abc.parquet': encodeParquet(
      EVENT_COLUMNS,
      [{ ...makeEvent('anna', 'play', 'g1', 1000 * SECONDS, { value: 90 }), sequence: 1 }],
      {},
    ),
  },
  csv: { 'events.csv': `user_id,item_id,event_type,timestamp\nanna,g1,buy,${SECONDS}\n` },
} satisfies Record<string, Sample>;
