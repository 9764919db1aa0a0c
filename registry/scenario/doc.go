// Package scenario plays the life of one name on a scratch database: a file of
// commands with their dates, and every night the batch. It tells the time line
// as a table and as a picture.
//
// The rules are those of package registry: everything goes through its methods.
// Imports: registry, billing, registry/pg.
package scenario
