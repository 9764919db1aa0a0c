package registry

import (
	"strconv"
	"time"
)

// null turns an empty text into SQL's null.
func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nullInt turns 0 into SQL's null.
func nullInt(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// nullID turns 0 into SQL's null.
func nullID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// nullTime turns the zero time into SQL's null.
func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// nullDate turns the zero date into SQL's null.
func nullDate(d Date) *Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

// orEmpty keeps SQL's null out of array columns.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// itoa writes a number for a refusal.
func itoa(n int) string { return strconv.Itoa(n) }

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }
