package eppserver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
)

// documented is a row of the table of reason codes: | V096 | 2201 | … |
var documented = regexp.MustCompile(`(?m)^\| (V\d{3}) \| (\d{4})(?: \| | in .*? \| )\S.* \|$`)

// docs/epp-results.md lists every reason code that the register gives, with the
// result code it comes with.
func TestReasonCodesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/epp-results.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range documented.FindAllStringSubmatch(string(text), -1) {
		if listed[m[1]] != "" {
			t.Errorf("%s is listed twice", m[1])
		}
		listed[m[1]] = m[2]
	}
	source := parsed(t, "../registry")
	constants := reasonCodes(source)
	if len(constants) < 10 {
		t.Fatalf("only %d constants found", len(constants))
	}
	known := map[string]bool{}
	for name, value := range constants {
		known[value] = true
		if listed[value] == "" {
			t.Errorf("%s (%s) is not in docs/epp-results.md", value, name)
		}
	}
	for value := range listed {
		if !known[value] {
			t.Errorf("docs/epp-results.md lists %s, which nothing gives", value)
		}
	}
	pairs := 0
	for name, kinds := range refusals(source, constants) {
		for kind := range kinds {
			pairs++
			if want := strconv.Itoa(int(codes[kind])); listed[constants[name]] != want {
				t.Errorf("%s comes with %s, docs/epp-results.md says %s", constants[name], want, listed[constants[name]])
			}
		}
	}
	if pairs < 10 {
		t.Errorf("only %d refusals with a code found", pairs)
	}
}

// parsed is the source of a package without its tests, a tree for each file.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func inspect(source []*ast.File, visit func(ast.Node) bool) {
	for _, f := range source {
		ast.Inspect(f, visit)
	}
}

// reasonCodes are the constants of a package that are reason codes, by name.
func reasonCodes(source []*ast.File) map[string]string {
	out := map[string]string{}
	inspect(source, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if ok && regexp.MustCompile(`^"V\d{3}"$`).MatchString(lit.Value) {
			out[spec.Names[0].Name] = strings.Trim(lit.Value, `"`)
		}
		return true
	})
	return out
}

// refusals finds the calls that name both a kind of refusal and a reason code.
func refusals(source []*ast.File, constants map[string]string) map[string]map[registry.Kind]bool {
	kinds := map[string]registry.Kind{
		"KindAuthorization": registry.KindAuthorization, "KindPolicy": registry.KindPolicy,
		"KindNotRenewable": registry.KindNotRenewable, "KindNotTransferable": registry.KindNotTransferable,
		"KindStatusProhibits": registry.KindStatusProhibits, "KindParamRange": registry.KindParamRange,
		"KindNotFound": registry.KindNotFound, "KindExists": registry.KindExists, "KindBillingFailure": registry.KindBillingFailure,
		"KindParamSyntax": registry.KindParamSyntax, "KindParamMissing": registry.KindParamMissing,
		"KindAssociation": registry.KindAssociation,
	}
	out := map[string]map[registry.Kind]bool{}
	inspect(source, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		kind, code := registry.KindInternal, ""
		for _, arg := range call.Args {
			if wrapped, ok := arg.(*ast.CallExpr); ok && len(wrapped.Args) == 1 { // actor.code(CodeNotYours)
				arg = wrapped.Args[0]
			}
			id, ok := arg.(*ast.Ident)
			switch {
			case !ok:
			case kinds[id.Name] != registry.KindInternal:
				kind = kinds[id.Name]
			case constants[id.Name] != "":
				code = id.Name
			}
		}
		if kind != registry.KindInternal && code != "" {
			if out[code] == nil {
				out[code] = map[registry.Kind]bool{}
			}
			out[code][kind] = true
		}
		return true
	})
	return out
}
