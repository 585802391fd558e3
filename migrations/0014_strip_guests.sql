-- The audit log names no player, but entries of partings named the guest.
UPDATE `audit_log` SET `ids` = json_remove(`ids`, '$.guestId') WHERE `path` = '/v1/users/{userId}/merges/{guestId}';
