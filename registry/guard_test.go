package registry

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/namekeep/namekeep/"

// arrows lists what each package may import of ours, directly or through
// others. Everything that is not listed may import all but the programs.
var arrows = map[string][]string{
	"xml":                  {},
	"xml/camt":             {},
	"xml/escrow":           {},
	"registry/deposit":     {"xml", "xml/escrow", "registry", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"certs":                {},
	"registry/pg":          {},
	"notify":               {"registry/pg"},
	"billing":              {"notify", "registry/pg"},
	"billing/customer":     {"billing", "notify", "registry/pg"},
	"registry":             {"billing", "billing/customer", "notify", "certs", "registry/pg"},
	"eppserver":            {"xml", "certs", "registry", "billing", "billing/customer", "notify", "registry/pg"},
	"registry/ratelimit":   {},
	"registry/rdap":        {"registry", "registry/ratelimit", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"registry/whois":       {"registry", "registry/ratelimit", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"registry/pages":       {"registry", "registry/ratelimit", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"cmd/registryctl":      {"registry/scenario", "registry/seal", "registry/zonefile", "registry", "registry/pages", "registry/ratelimit", "billing", "billing/customer", "notify", "certs", "registry/pg", "registry/pg/backup", "registry/pg/cluster", "cmd/registryd/config", "xml/camt", "registry/deposit", "xml", "xml/escrow"},
	"cmd/registryd/config": {"registry", "registry/zonefile", "registry/pages", "registry/ratelimit", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"registry/pg/cluster":  {"registry/pg"},
	"registry/seal":        {"registry/pg"},
	"registry/pg/backup":   {"registry/pg", "registry/pg/cluster"},
	"registry/axfr":        {"registry/zonefile", "registry", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"registry/zonefile":    {"registry", "billing", "billing/customer", "notify", "certs", "registry/pg"},
	"registry/scenario":    {"registry", "billing", "billing/customer", "notify", "certs", "registry/pg"},
}

// only lists who may import a package from outside, directly.
var only = map[string][]string{
	"github.com/beevik/etree": {"xml", "xml/camt"},
	"encoding/xml":            {"xml", "xml/escrow"},
}

type listedPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// The arrow of imports: what lies below knows nothing of what lies above.
func TestImportArrows(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		seen[name] = true
		for _, imported := range p.Imports {
			if allowed, limited := only[imported]; limited && !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s, which is for %v alone", name, imported, allowed)
			}
		}
		for _, dep := range p.Deps {
			dep, ours := strings.CutPrefix(dep, module)
			if !ours {
				continue
			}
			if allowed, limited := arrows[name]; limited && !slices.Contains(allowed, dep) {
				t.Errorf("%s imports %s, which lies above it or beside it", name, dep)
			}
			if strings.HasPrefix(dep, "cmd/") && !strings.HasPrefix(name, "cmd/") {
				t.Errorf("%s imports the program %s", name, dep)
			}
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("%s is not in the module: correct the table", name)
		}
	}
}

// sources visits the non-test Go files of a folder and those below it.
func sources(t *testing.T, dir string, skip []string, visit func(file string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	n := 0
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && slices.Contains(skip, filepath.ToSlash(file)):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		n++
		visit(file, f, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Errorf("%s has no Go files: the guard guards nothing", dir)
	}
}

// Time comes from the registry clock: only registry/pg may look at the machine's.
func TestNoMachineClockInRules(t *testing.T) {
	for _, dir := range []string{"../registry", "../billing", "../notify"} {
		sources(t, dir, []string{"../registry/pg"}, func(_ string, f *ast.File, fset *token.FileSet) {
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := s.X.(*ast.Ident)
				if ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
					t.Errorf("%s: time.%s: take the time from the transaction or the caller", fset.Position(s.Pos()), s.Sel.Name)
				}
				return true
			})
		})
	}
}

// sqlClock finds PostgreSQL's own clock: a rule that uses it cannot be tested at
// a deadline, and a test bed's clock would not move it.
var sqlClock = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b`)

var sqlStatement = regexp.MustCompile(`(?i)^\s*(select|insert|update|delete|with|alter|create)\b`)

func TestNoDatabaseClock(t *testing.T) {
	for _, text := range []string{"select now()", "SELECT CURRENT_DATE", "insert into x values (Now ( ))"} {
		if !sqlClock.MatchString(text) {
			t.Errorf("the guard does not see %q", text)
		}
	}
	for _, dir := range []string{"../registry", "../billing", "../notify", "../cmd", "../eppserver"} {
		sources(t, dir, nil, func(_ string, f *ast.File, fset *token.FileSet) {
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err == nil && sqlStatement.MatchString(text) && sqlClock.MatchString(text) {
					t.Errorf("%s: SQL with the database's clock", fset.Position(lit.Pos()))
				}
				return true
			})
		})
	}
	files, err := filepath.Glob("pg/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			code, why, _ := strings.Cut(line, "--")
			if sqlClock.MatchString(code) && !strings.Contains(why, "real time") {
				t.Errorf("%s:%d: the database's clock, and no word that real time is meant", file, i+1)
			}
		}
	}
}

// SQL stands in the packages that own tables, nowhere else.
func TestSQLStaysBelow(t *testing.T) {
	statement := regexp.MustCompile(`(?is)^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)`)
	// The load generator's bare servers do what a server without rules would;
	// epptest fills registers for tests.
	skip := []string{"../cmd/eppload", "../eppserver/epptest"}
	for _, dir := range []string{"../cmd", "../eppserver", "../xml", "../certs"} {
		sources(t, dir, skip, func(_ string, f *ast.File, fset *token.FileSet) {
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil && statement.MatchString(text) {
						t.Errorf("%s: SQL outside registry, billing, notify and registry/pg", fset.Position(lit.Pos()))
					}
				}
				return true
			})
		})
	}
}

// No packages or files that everything and nothing belongs into.
func TestNoCatchAlls(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "misc"}
	sources(t, "..", nil, func(file string, f *ast.File, _ *token.FileSet) {
		base := strings.TrimSuffix(path.Base(filepath.ToSlash(file)), ".go")
		if slices.Contains(banned, f.Name.Name) || slices.Contains(banned, base) {
			t.Errorf("%s (package %s): name it after its subject", file, f.Name.Name)
		}
	})
}
