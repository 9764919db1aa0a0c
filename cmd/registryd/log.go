package main

import (
	"io"
	"log/slog"

	"github.com/namekeep/namekeep/cmd/registryd/config"
)

// newLog makes the program's log. An unknown level is info: Check has refused
// it before.
func newLog(w io.Writer, cfg config.Log) *slog.Logger {
	var level slog.Level
	err := level.UnmarshalText([]byte(cfg.Level))
	if err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
