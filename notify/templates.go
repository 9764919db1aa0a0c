package notify

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"
)

//go:embed templates
var embedded embed.FS

// The frames of every text and HTML part.
const (
	textLayout = "layout.txt"
	htmlLayout = "layout.html"
)

// Templates are the texts of all notices in all languages, ready for use.
type Templates struct {
	identity  Identity
	languages map[string]map[Kind]*templateSet
}

// templateSet is the texts of one notice in one language.
type templateSet struct {
	text   *texttemplate.Template // layout.txt; the notice defines subject and content
	html   *htmltemplate.Template // layout.html; the notice defines content
	letter *texttemplate.Template // nil for none
	// plainHTML is html without escaping, for the check of its branches.
	plainHTML *texttemplate.Template
}

// LoadTemplates reads the built-in templates and, if override is not nil, an
// operator's own: a file at the same path takes the place of the built-in one,
// and a folder with another language's code adds a language. Every template is
// carried out with complete samples, each branch of it, so that a fault of
// syntax or a field that does not exist is an error here, with file and line,
// and never when mail is sent (rule N2). A file that no notice has is an error
// too: its name is misspelt.
func LoadTemplates(id Identity, override fs.FS) (*Templates, error) {
	err := id.Check()
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	builtIn, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, err
	}
	sources, languages, err := readSources(builtIn, override)
	if err != nil {
		return nil, err
	}
	t := &Templates{identity: id, languages: map[string]map[Kind]*templateSet{}}
	var faults []error
	for _, language := range languages {
		sets := map[Kind]*templateSet{}
		for _, kind := range Kinds() {
			set, err := loadSet(sources, language, kind, functions(id))
			if err == nil {
				err = checkSet(set, kind)
			}
			if err != nil {
				faults = append(faults, err)
			}
			sets[kind] = set
		}
		t.languages[language] = sets
	}
	return t, errors.Join(faults...)
}

// readSources reads all files by their path, en/receipt.txt, and the languages
// there are. A language lacks nothing: what it has not, English has.
func readSources(builtIn, override fs.FS) (map[string]string, []string, error) {
	sources := map[string]string{}
	languages := map[string]bool{}
	for _, from := range []fs.FS{builtIn, override} {
		if from == nil {
			continue
		}
		err := fs.WalkDir(from, ".", func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasPrefix(path.Base(file), ".") {
				return err
			}
			language, base := path.Split(file)
			if !knownFile(strings.TrimSuffix(language, "/"), base) {
				return fmt.Errorf("%s is no template: see templates/en of the sources for the names", file)
			}
			data, err := fs.ReadFile(from, file)
			if err != nil {
				return err
			}
			sources[file] = string(data)
			languages[strings.TrimSuffix(language, "/")] = true
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("templates: %w", err)
		}
	}
	return sources, slices.Sorted(maps.Keys(languages)), nil
}

func knownFile(language, base string) bool {
	if len(language) != 2 || strings.ToLower(language) != language {
		return false
	}
	if base == textLayout || base == htmlLayout {
		return true
	}
	kind, suffix, _ := strings.Cut(base, ".")
	n, ok := notices[kind]
	return ok && (suffix == "txt" || suffix == "html" || suffix == "letter.txt" && n.letter)
}

// source finds a file in a language, or in English.
func source(sources map[string]string, language, file string) (name, text string, err error) {
	for _, name = range []string{path.Join(language, file), path.Join("en", file)} {
		if text, ok := sources[name]; ok {
			return name, text, nil
		}
	}
	return "", "", fmt.Errorf("templates: %s is missing", name)
}

func loadSet(sources map[string]string, language string, kind Kind, funcs map[string]any) (*templateSet, error) {
	set := &templateSet{}
	var err error
	set.text, err = parseText(sources, language, funcs, textLayout, kind+".txt")
	if err != nil {
		return nil, err
	}
	set.plainHTML, err = parseText(sources, language, funcs, htmlLayout, kind+".html")
	if err != nil {
		return nil, err
	}
	name, text, err := source(sources, language, htmlLayout)
	if err != nil {
		return nil, err
	}
	set.html, err = htmltemplate.New(name).Funcs(funcs).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	name, text, err = source(sources, language, kind+".html")
	if err != nil {
		return nil, err
	}
	_, err = set.html.New(name).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if notices[kind].letter {
		set.letter, err = parseText(sources, language, funcs, kind+".letter.txt")
	}
	return set, err
}

// parseText reads files into one template, of which the first is the root.
func parseText(sources map[string]string, language string, funcs map[string]any, files ...string) (*texttemplate.Template, error) {
	var root *texttemplate.Template
	for _, file := range files {
		name, text, err := source(sources, language, file)
		if err != nil {
			return nil, err
		}
		t := texttemplate.New(name)
		if root != nil {
			t = root.New(name)
		}
		t, err = t.Funcs(funcs).Option("missingkey=error").Parse(text)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if root == nil {
			root = t
			continue
		}
		for _, part := range parts(file) {
			if root.Lookup(part) == nil {
				return nil, fmt.Errorf("templates: %s:1: there is no {{define %q}}", name, part)
			}
		}
	}
	return root, nil
}

// parts are what a notice's file has to define.
func parts(file string) []string {
	if strings.HasSuffix(file, ".txt") {
		return []string{"subject", "content"}
	}
	return []string{"content"}
}

// set finds the texts of a notice in a language, or in English.
func (t *Templates) set(kind Kind, language string) (*templateSet, error) {
	sets, ok := t.languages[language]
	if !ok {
		sets = t.languages["en"]
	}
	set, ok := sets[kind]
	if !ok {
		return nil, fmt.Errorf("there is no notice %q", kind)
	}
	return set, nil
}

// words carries out the templates of a notice with a decoded payload.
func (s *templateSet) words(payload any) (subject, text, html string, err error) {
	var b bytes.Buffer
	err = s.text.ExecuteTemplate(&b, "subject", payload)
	if err != nil {
		return "", "", "", err
	}
	subject = oneLine(b.String())
	if subject == "" {
		return "", "", "", fmt.Errorf("template: %s: the subject is empty", s.text.Lookup("subject").ParseName)
	}
	b.Reset()
	err = s.text.Execute(&b, payload)
	if err != nil {
		return "", "", "", err
	}
	text = strings.TrimSpace(b.String()) + "\n"
	b.Reset()
	err = s.html.Execute(&b, payload)
	if err != nil {
		return "", "", "", err
	}
	return subject, text, b.String(), nil
}

// letterText carries out the template of the letter.
func (s *templateSet) letterText(payload any) (string, error) {
	var b bytes.Buffer
	err := s.letter.Execute(&b, payload)
	return b.String(), err
}
