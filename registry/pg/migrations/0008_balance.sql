-- +goose Up

-- The balance of an account: its last mark and the entries after it. Owner: billing.
CREATE FUNCTION balance_of(account bigint) RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT (coalesce((SELECT balance FROM balance_mark WHERE account_id = account ORDER BY entry_id DESC LIMIT 1), 0)
     + coalesce((SELECT sum(amount) FROM entry WHERE account_id = account
         AND id > coalesce((SELECT max(entry_id) FROM balance_mark WHERE account_id = account), 0)), 0))::bigint';
