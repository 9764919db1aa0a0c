package main

import (
	"io"
	"sync"
)

// sharedLog lets the measurement and its children write to one place: each
// line's Write is whole.
type sharedLog struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
