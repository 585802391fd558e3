-- Full text over the catalogue. Its rows bear the rowids of items; what is hidden or gone is left out when it is asked.
CREATE VIRTUAL TABLE items_search USING fts5(title, labels, developer, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4');
--> statement-breakpoint
CREATE TRIGGER items_search_insert AFTER INSERT ON items BEGIN
  INSERT INTO items_search (rowid, title, labels, developer)
  SELECT new.rowid, new.title, (SELECT group_concat(value, ' ') FROM (SELECT value FROM json_each(new.genres) UNION SELECT value FROM json_each(new.tags))), new.developer;
END;
--> statement-breakpoint
CREATE TRIGGER items_search_update AFTER UPDATE OF title, genres, tags, developer ON items BEGIN
  DELETE FROM items_search WHERE rowid = old.rowid;
  INSERT INTO items_search (rowid, title, labels, developer)
  SELECT new.rowid, new.title, (SELECT group_concat(value, ' ') FROM (SELECT value FROM json_each(new.genres) UNION SELECT value FROM json_each(new.tags))), new.developer;
END;
--> statement-breakpoint
INSERT INTO items_search (rowid, title, labels, developer)
SELECT rowid, title, (SELECT group_concat(value, ' ') FROM (SELECT value FROM json_each(genres) UNION SELECT value FROM json_each(tags))), developer FROM items;
