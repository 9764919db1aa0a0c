// Package pages is what registrants and registrars see of the registry on the
// web: the pages that the links in its messages lead to (notices.md N10 to N50).
//
// Pages are made on the server and work without scripts. A GET changes nothing,
// for mail scanners follow links: what changes something is a POST with a form
// token. Nothing comes from elsewhere, and no token is logged.
//
// Imports: registry, registry/ratelimit, notify.
package pages
