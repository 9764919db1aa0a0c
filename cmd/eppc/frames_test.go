package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/namekeep/namekeep/xml"
)

// TestFramesAreRead gives every kind of frame the client builds to the
// server's own parser.
func TestFramesAreRead(t *testing.T) {
	files, err := filepath.Glob("../../eppserver/eppclient/testdata/*.xml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		frame, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := xml.ParseCommand(frame, xml.Options{Profile: xml.ProfileUK}); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
