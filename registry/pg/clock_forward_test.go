package pg

import (
	"sync"
	"testing"
)

// A refresh that read the offset before somebody advanced the clock comes too
// late to turn it back.
func TestClockOnlyGoesForward(t *testing.T) {
	c := newClock()
	c.forward(10)
	c.forward(4)
	if got := c.offset.Load(); got != 10 {
		t.Errorf("offset %d", got)
	}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { c.forward(int64(i)) })
	}
	wg.Wait()
	if got := c.offset.Load(); got != 99 {
		t.Errorf("offset %d", got)
	}
}
