//go:build faults

package faults

import (
	"strconv"
	"testing"
	"time"
)

// The clock jumps ahead under the load, by an hour and by days; then a server
// comes back whose clock is behind that of the other. The machine's own clock is
// left alone: all rules, dates and rows take their time from the registry
// clock, and that is what is moved.
func TestClockSteps(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.addServer(), w.addServer()
	w.newContacts(a.epp)
	l := w.startLoad(sessions, func() []string { return []string{a.epp, b.epp} })
	days := 0
	w.until(l, func() {
		pause(700 * time.Millisecond)
		days++
		w.ctl("clock", "advance", "--days", strconv.Itoa(1+days%3))
		w.figures.Faults["clock ahead by days"]++
		pause(1500 * time.Millisecond) // the servers follow within a second
		b.kill()
		_, err := w.pool.Exec(t.Context(), `UPDATE installation SET clock_offset = clock_offset - interval '90 minutes'`)
		must(t, err)
		b.start() // it reads the clock anew, a goes on with its own
		w.figures.Faults["clocks 90 minutes apart"]++
		l.flowing(t, 10*time.Second)
	})
	w.report()
}
