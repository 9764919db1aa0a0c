package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var whole histogram
	parts := make([]histogram, 3)
	var values []time.Duration
	for i := range 20_000 {
		d := time.Duration(math.Exp(r.Float64()*20) * 10) // from 10 ns to 80 minutes
		values = append(values, d)
		whole.record(d)
		parts[i%3].record(d)
	}
	slices.Sort(values)
	for _, q := range []float64{0, 0.001, 0.5, 0.9, 0.99, 0.999, 1} {
		exact := values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
		got := whole.quantile(q)
		if got < exact || float64(got) > float64(exact)*(1+1.0/subBuckets) {
			t.Errorf("quantile %g is %d, exactly %d", q, got, exact)
		}
	}
	var merged histogram
	for i := range parts {
		merged.merge(&parts[i])
	}
	if merged != whole {
		t.Error("merging the parts does not give the whole")
	}
	if whole.min != values[0] || whole.max != values[len(values)-1] || whole.count != 20_000 {
		t.Errorf("min %d, max %d, count %d", whole.min, whole.max, whole.count)
	}
}

func TestHistogramBuckets(t *testing.T) {
	last := -1
	for _, v := range []uint64{0, 1, 63, 64, 65, 127, 128, 129, 130, 255, 256, 1 << 20, 1<<20 + 1<<14, 1 << 42, 1<<43 - 1, 1 << 50, math.MaxUint64} {
		b := bucketOf(v)
		if b < last || b >= numBuckets {
			t.Errorf("%d is in bucket %d, the value before in %d", v, b, last)
		}
		if v < 1<<43 && upperEnd(b) < v || b > 0 && upperEnd(b-1) >= v {
			t.Errorf("%d does not fit bucket %d: %d to %d", v, b, upperEnd(max(b-1, 0))+1, upperEnd(b))
		}
		last = b
	}
}

func TestHistogramEmpty(t *testing.T) {
	var h histogram
	h.merge(&histogram{})
	if h.quantile(0.5) != 0 || h.mean() != 0 {
		t.Error("an empty histogram has values")
	}
	h.record(-time.Second)
	if h.max != 0 || h.count != 1 {
		t.Error("a negative duration is not 0")
	}
}
