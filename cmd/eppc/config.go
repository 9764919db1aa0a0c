package main

import (
	"fmt"
	"io"
	"os"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"
)

// configFile gives values to flags from a TOML file. Order: command line,
// environment, file, default.
type configFile map[string]any

// loadConfig reads the file that --config names.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	var c configFile
	if _, err := toml.NewDecoder(r).Decode(&c); err != nil {
		return nil, err
	}
	return c, nil
}

// Validate refuses keys that are no flag of the whole command line.
func (c configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range app.Flags {
		known[flag.Name] = true
	}
	for key := range c {
		if !known[key] {
			return fmt.Errorf("configuration file: unknown key %q", key)
		}
	}
	return nil
}

// Resolve returns the file's value for a flag, nil if the environment has one.
func (c configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	value, ok := c[flag.Name]
	if !ok {
		return nil, nil
	}
	return fmt.Sprint(value), nil
}
