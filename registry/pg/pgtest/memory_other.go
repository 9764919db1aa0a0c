//go:build !linux

package pgtest

// fastDir is the temporary folder: there is no file system in memory.
func fastDir() string { return tempDir() }
