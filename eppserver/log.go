package eppserver

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"time"

	"github.com/namekeep/namekeep/xml"
)

// account counts a command and writes its one line. cause is a fault of ours,
// whose text is for the log only.
func (c *conn) account(began time.Time, cmd *xml.Command, code xml.ResultCode, cause error) {
	took := time.Since(began)
	c.srv.metrics.command(cmd, code, took)
	level := slog.LevelInfo
	if cause != nil {
		level = slog.LevelError
	}
	if !c.srv.log.Enabled(context.Background(), level) {
		return
	}
	verb, object := "invalid", ""
	if cmd != nil {
		verb, object = string(cmd.Verb), cmd.Object
	}
	attrs := []slog.Attr{
		slog.String("svTRID", c.svTRID), slog.String("clTRID", c.clTRID), slog.String("tag", c.s.tag),
		slog.String("command", verb), slog.String("object", object), slog.Int("result", int(code)),
		slog.Duration("duration", took), slog.String("address", c.s.address), slog.String("listener", c.g.cfg.Name),
	}
	if cause != nil {
		attrs = append(attrs, slog.String("error", cause.Error()))
	}
	c.srv.log.LogAttrs(context.Background(), level, "command", attrs...)
}

// logXML logs a frame, without the secrets in it.
func (s *Server) logXML(direction, address string, frame []byte) {
	s.log.Debug("frame", "direction", direction, "address", address, "xml", string(maskSecrets(frame)))
}

// secretTag finds the start and end tags of elements that hold passwords or
// authInfo, whatever their prefix.
var secretTag = regexp.MustCompile(`<(/?)\s*(?:[^\s<>/:]+:)?(?i:pw|newPW|authInfo)(?:[\s/][^<>]*)?>`)

// maskSecrets blots out everything from the first secret's start tag to the
// last one's end tag; with an end missing, all the rest. More than needed is
// lost, but no trick with comments or CDATA brings a password into the log.
func maskSecrets(frame []byte) []byte {
	found := secretTag.FindAllSubmatchIndex(frame, -1)
	if len(found) == 0 {
		return frame
	}
	first, last := found[0], found[len(found)-1]
	out := append(bytes.Clone(frame[:first[1]]), "[redacted]"...)
	if last[3] > last[2] && last[0] >= first[1] { // an end tag
		out = append(out, frame[last[0]:]...)
	}
	return out
}
