package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxHistory is how many lines are kept.
const maxHistory = 1000

// history is the shell's, kept in a file readable by its owner only. It is a
// term.History. Lines that hold a password are not kept.
type history struct {
	file  string // "" keeps nothing
	lines []string
	fault error // first one in writing; told when the shell ends
}

// historyFile returns where the history is kept, "" if there is no place.
func historyFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		var err error
		if dir, err = os.UserCacheDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(dir, "eppc", "history")
}

// newHistory reads the file. A missing or unreadable one is an empty history.
func newHistory(file string) *history {
	h := &history{file: file}
	data, err := os.ReadFile(file)
	if err != nil {
		return h
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			h.lines = append(h.lines, line)
		}
	}
	if len(h.lines) > maxHistory {
		h.lines = slices.Clone(h.lines[len(h.lines)-maxHistory:])
	}
	return h
}

// secretWords mark lines with a password or authInfo.
var secretWords = []string{"--auth", "--password"}

// Add keeps a line unless it is empty, the same as the last or secret.
func (h *history) Add(line string) {
	line = strings.TrimSpace(line)
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	for _, w := range secretWords {
		if strings.Contains(line, w) {
			return
		}
	}
	h.lines = append(h.lines, line)
	if extra := len(h.lines) - maxHistory; extra > 0 {
		h.lines = h.lines[extra:]
	}
	if err := h.save(); err != nil && h.fault == nil {
		h.fault = fmt.Errorf("history not kept: %w", err)
	}
}

// Len returns the number of lines kept.
func (h *history) Len() int { return len(h.lines) }

// At returns a line; 0 is the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// save replaces the file.
func (h *history) save() error {
	if h.file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(h.file), 0o700); err != nil {
		return err
	}
	tmp := h.file + ".new"
	if err := os.WriteFile(tmp, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, h.file)
}
