package zonefile

import "time"

// NextSerial is the serial after previous (0: the first) at a time: the number
// of seconds since 1970, or one more than the previous serial where that is not
// ahead of it in the sense of RFC 1982. So a serial tells its age, and a
// register that was restored from a backup does not fall behind the serials its
// secondaries have.
func NextSerial(previous uint32, now time.Time) uint32 {
	next := uint32(now.Unix())
	if previous != 0 && !After(next, previous) {
		next = previous + 1
	}
	if next == 0 { // some name servers take 0 for none
		next = 1
	}
	return next
}

// After reports whether serial a is later than b (RFC 1982 section 3.2).
func After(a, b uint32) bool { return int32(a-b) > 0 }
