-- +goose Up

-- A contact's links end with its identity. Owner: registry.
CREATE INDEX page_token_contact ON page_token (contact_id);
