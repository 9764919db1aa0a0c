-- +goose Up

-- A letter is found by the number of the document in it. Owner: notify.
CREATE INDEX post_item_document ON post_item (document) WHERE document <> '';
