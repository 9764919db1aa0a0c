package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setter gives a key a value from text.
type setter func(text string) error

// walk visits every key with its setter, in the order of the struct. Listeners
// and secondaries come by name.
func (c *Config) walk(visit func(key string, set setter)) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		section, _ := v.Type().Field(i).Tag.Lookup("toml")
		switch section {
		case "listener":
			walkMap(c.Listeners, section, visit)
			continue
		case "secondary":
			walkMap(c.Secondaries, section, visit)
			continue
		}
		walkFields(v.Field(i), section, visit)
	}
}

func walkMap[T any](m map[string]T, section string, visit func(key string, set setter)) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		l := m[name] // values of a map cannot be set in place
		walkFields(reflect.ValueOf(&l).Elem(), section+"."+name, func(key string, set setter) {
			visit(key, func(text string) error {
				err := set(text)
				m[name] = l
				return err
			})
		})
	}
}

func walkFields(v reflect.Value, section string, visit func(key string, set setter)) {
	for i := range v.NumField() {
		field := v.Field(i)
		visit(section+"."+v.Type().Field(i).Tag.Get("toml"), func(text string) error { return setField(field, text) })
	}
}

func setField(field reflect.Value, text string) error {
	if field.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 30s or 10m", text)
		}
		field.SetInt(int64(d))
		return nil
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is not true or false", text)
		}
		field.SetBool(b)
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, field.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		field.SetInt(n)
	case reflect.Slice: // of strings
		field.Set(reflect.ValueOf(strings.Split(text, ";")))
	default:
		return fmt.Errorf("a %s cannot be given in the environment", field.Kind())
	}
	return nil
}

var namedVariable = regexp.MustCompile(`^NAMEKEEP_(LISTENER|SECONDARY)_([A-Z0-9]+)_`)

// override applies the environment. Variables that look like keys of ours but
// are none are refused as unknown keys of the file are.
func (c *Config) override(environ []string) error {
	vars := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "NAMEKEEP_") {
			vars[name] = value
		}
		// A listener or secondary may come from the environment alone.
		if m := namedVariable.FindStringSubmatch(name); m != nil {
			section := strings.ToLower(m[2])
			switch m[1] {
			case "LISTENER":
				add(c.Listeners, section)
			default:
				add(c.Secondaries, section)
			}
		}
	}
	var faults []error
	sections := map[string]bool{"NAMEKEEP_LISTENER_": true, "NAMEKEEP_SECONDARY_": true}
	c.walk(func(key string, set setter) {
		section, _, _ := strings.Cut(key, ".")
		sections[EnvName(section)+"_"] = true
		name := EnvName(key)
		value, ok := vars[name]
		if !ok {
			return
		}
		delete(vars, name)
		if err := set(value); err != nil {
			faults = append(faults, fmt.Errorf("%s (%s): %w", key, name, err))
		}
	})
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		for prefix := range sections {
			if strings.HasPrefix(name, prefix) {
				faults = append(faults, fmt.Errorf("%s: there is no such key", name))
			}
		}
	}
	return errors.Join(faults...)
}

// add makes sure that a map has an entry.
func add[T any](m map[string]T, name string) {
	if _, ok := m[name]; !ok {
		var none T
		m[name] = none
	}
}
