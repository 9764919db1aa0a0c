-- +goose Up

-- A user of the role registrar acts for a registrar: the history names both.
ALTER TABLE history DROP CONSTRAINT history_check;
