package main

import (
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// E4: names that are released are had by exactly one each, and no registrar is
// served more than its share, however many sessions it opens.
func TestDrop(t *testing.T) {
	tags := dropTags(6)
	p := todayPopulation(0, tags...)
	p.zone = dropZone
	db, set, password := emptyRegister(t, registry.ProfileUK, p)
	const rate = 20
	addr := serveRegister(t, &ServeForTestCommand{Database: pgtest.URL(db), Dir: set.dir, Profile: "uk", CommandsPerSecond: rate})
	creds, err := set.credentials(tags, password)
	if err != nil {
		t.Fatal(err)
	}
	d := &drop{addr: addr, creds: creds, database: pgtest.URL(db), DropCommand: &DropCommand{
		Tags: 6, Sessions: 2, Greedy: 2, Names: 60, Rate: rate, Quiet: 300 * time.Millisecond, Longest: time.Minute}}
	r, err := d.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
	if err = r.judge(); err != nil {
		t.Error(err)
	}
	if r.Sessions != 24 || r.Checks < 5 || r.Served < 60 {
		t.Errorf("this was no drop: %+v", r)
	}
	for name, c := range map[string]DropCommand{
		"one tag": {Tags: 1, Sessions: 1, Names: 1, Rate: 1, Quiet: 1, Longest: 1}, "no rate": {Tags: 2, Sessions: 1, Names: 1, Quiet: 1, Longest: 1},
		"crowd": {Tags: 200, Sessions: 1000, Names: 1, Rate: 1, Quiet: 1, Longest: 1},
	} {
		if c.check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
