// The names of the sources that find candidates, as an explanation lists them. The page has a label for each.

export type SourceName =
  | 'retrieval'
  | 'search'
  | 'similar'
  | 'genre'
  | 'trending'
  | 'best-rated'
  | 'hidden-gems'
  | 'new'
  | 'unlearnt'
  | 'popular'
  | 'exploration'
  | 'rule';
