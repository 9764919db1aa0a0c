package main

import (
	"math/bits"
	"time"
)

// subBits sets the resolution: each power of two of nanoseconds is divided
// into 64 buckets, so a value is known to 1.6 %.
const (
	subBits    = 6
	subBuckets = 1 << subBits
	maxExp     = 36 // the last buckets hold some 70 minutes and more
	numBuckets = (maxExp + 2) * subBuckets
)

// histogram counts durations in logarithmic buckets. Its zero value is empty.
// It is not safe for concurrent use: each session has its own, merged at the
// end.
type histogram struct {
	counts   [numBuckets]uint64
	count    uint64
	sum      time.Duration
	min, max time.Duration
}

// record adds one duration; a negative one counts as 0.
func (h *histogram) record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(uint64(d))]++
	if h.count == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.count++
	h.sum += d
}

// merge adds all that other counted.
func (h *histogram) merge(other *histogram) {
	if other.count == 0 {
		return
	}
	for i, n := range other.counts {
		h.counts[i] += n
	}
	if h.count == 0 || other.min < h.min {
		h.min = other.min
	}
	h.max = max(h.max, other.max)
	h.count += other.count
	h.sum += other.sum
}

// quantile returns a duration that the share q (0 to 1) of all values does not
// exceed: the upper end of its bucket, and never more than the largest value.
// It is 0 without values.
func (h *histogram) quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := uint64(q * float64(h.count))
	if float64(rank) < q*float64(h.count) || rank == 0 {
		rank++
	}
	rank = min(rank, h.count)
	var seen uint64
	for i, n := range h.counts {
		seen += n
		if seen >= rank {
			return min(time.Duration(upperEnd(i)), h.max)
		}
	}
	return h.max
}

// mean is the arithmetic mean, exact.
func (h *histogram) mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return h.sum / time.Duration(h.count)
}

func bucketOf(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	exp := bits.Len64(v) - subBits - 1
	if exp > maxExp {
		return numBuckets - 1
	}
	return exp*subBuckets + int(v>>exp)
}

// upperEnd is the largest value of a bucket.
func upperEnd(bucket int) uint64 {
	if bucket < 2*subBuckets {
		return uint64(bucket)
	}
	exp := bucket/subBuckets - 1
	return (uint64(bucket-exp*subBuckets)+1)<<exp - 1
}
