-- +goose Up

-- Every night changes many rows of large tables. The batch finds what is due
-- through indexes that still hold the entries of rows that have gone; a fifth of
-- a large table is too long to wait for them to be swept. Owner: registry.
ALTER TABLE domain SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE renewal_request SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
