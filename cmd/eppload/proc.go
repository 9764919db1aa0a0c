package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in /proc: Linux shows all processes
// hundredths of a second.
const clockTick = 10 * time.Millisecond

// errNoProc says that the system keeps no books on processes in /proc.
var errNoProc = errors.New("no processor times: this system has no /proc")

// procStat is what /proc/PID/stat says of a process.
type procStat struct {
	ppid int
	own  time.Duration // processor time, user and system
	kids time.Duration // of children that have ended and been waited for
}

func readStat(pid int) (procStat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return parseStat(data)
}

func parseStat(data []byte) (procStat, error) {
	// The command in parentheses may hold anything, parentheses too.
	i := bytes.LastIndexByte(data, ')')
	f := strings.Fields(string(data[i+1:]))
	if i < 0 || len(f) < 15 {
		return procStat{}, fmt.Errorf("%w: %q", errNoProc, data)
	}
	var n [5]int64
	for j, at := range []int{1, 11, 12, 13, 14} {
		v, err := strconv.ParseInt(f[at], 10, 64)
		if err != nil {
			return procStat{}, fmt.Errorf("%w: %w", errNoProc, err)
		}
		n[j] = v
	}
	return procStat{ppid: int(n[0]), own: time.Duration(n[1]+n[2]) * clockTick, kids: time.Duration(n[3]+n[4]) * clockTick}, nil
}

// processTime is the processor time of one process so far.
func processTime(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	return s.own, err
}

// familyTime is the processor time of a process, the children it has, and
// those that have ended: PostgreSQL with its server processes.
func familyTime(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	if err != nil {
		return 0, err
	}
	total := s.own + s.kids
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		c, err := readStat(child)
		if err == nil && c.ppid == pid { // an error: it has just ended
			total += c.own + c.kids
		}
	}
	return total, nil
}

// residentMemory is the memory of a process that is its own (RssAnon), and all
// of it that is in core (VmRSS), in bytes.
func residentMemory(pid int) (anon, rss int64, _ error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, err := strconv.ParseInt(f[1], 10, 64)
		switch {
		case err != nil:
		case f[0] == "RssAnon:":
			anon = kb << 10
		case f[0] == "VmRSS:":
			rss = kb << 10
		}
	}
	if rss == 0 {
		return 0, 0, errNoProc
	}
	return anon, rss, nil
}
