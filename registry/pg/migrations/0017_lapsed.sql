-- +goose Up

-- Names whose request lapsed get their pro forma on E: the batch finds them by
-- date and asks for the request, of which there are few among millions. Owner:
-- registry.
CREATE INDEX renewal_request_lapsed ON renewal_request (domain_id) WHERE state = 'lapsed';
