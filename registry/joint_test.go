package registry

import (
	"sync"
	"sync/atomic"
	"testing"
)

// numberCall is a call that only counts how often it was run.
type numberCall struct {
	key  string
	size int
	runs atomic.Int64
}

func (c *numberCall) seatKey() string { return c.key }
func (c *numberCall) weight() int     { return c.size }

func TestJointRunsEachCallOnce(t *testing.T) {
	var j joint[*numberCall]
	var wg sync.WaitGroup
	calls := make([]*numberCall, 500)
	for i := range calls {
		calls[i] = &numberCall{key: itoa(i % 7), size: 1 + i%300}
		wg.Go(func() {
			j.do(calls[i], func(batch []*numberCall) {
				weight, keys := 0, map[string]bool{}
				for _, c := range batch {
					c.runs.Add(1)
					weight += c.size
					if keys[c.key] {
						t.Errorf("%s twice in one run", c.key)
					}
					keys[c.key] = true
				}
				if weight > maxJointWeight && len(batch) > 1 {
					t.Errorf("a run of %d calls weighs %d", len(batch), weight)
				}
			})
			if n := calls[i].runs.Load(); n != 1 {
				t.Errorf("call %d was run %d times before it returned", i, n)
			}
		})
	}
	wg.Wait()
	if j.running != 0 || len(j.waiting) != 0 {
		t.Errorf("left behind: %d running, %d waiting", j.running, len(j.waiting))
	}
}

// A run that panics takes its leader with it; those it served get what their
// calls held before, and the next call is run.
func TestJointSurvivesAPanic(t *testing.T) {
	var j joint[*numberCall]
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is gone")
				}
			}()
			j.do(&numberCall{}, func([]*numberCall) { panic("a bug") })
		}()
	}
	c := &numberCall{}
	j.do(c, func(batch []*numberCall) { batch[0].runs.Add(1) })
	if c.runs.Load() != 1 {
		t.Error("nothing runs any more")
	}
}
