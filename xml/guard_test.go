package xml

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// exported lists the package-level exported names of the files in a folder.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names[id.Name] = true
		}
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						add(s.Name)
					case *ast.ValueSpec:
						for _, id := range s.Names {
							add(id)
						}
					}
				}
			}
		}
	}
	return names
}

// TestNoNameOfEncodingXML: an import of the wrong xml must not compile.
func TestNoNameOfEncodingXML(t *testing.T) {
	std, err := build.Import("encoding/xml", "", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := exported(t, std.Dir), exported(t, ".")
	if !theirs["Unmarshal"] || !ours["ParseCommand"] {
		t.Fatal("lists not read")
	}
	for name := range ours {
		if theirs[name] {
			t.Errorf("%s is exported by encoding/xml too", name)
		}
	}
}

// TestImports: only this package reads and writes XML, and it knows nothing
// else of ours.
func TestImports(t *testing.T) {
	const module = "github.com/namekeep/namekeep/"
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		here := filepath.Dir(path) == ".." || strings.HasPrefix(filepath.ToSlash(path), "../xml/")
		for _, im := range f.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			switch {
			case im.Name != nil && im.Name.Name == "_": // only pins a version
			case here && strings.HasPrefix(p, module) && p != module+"xml/xmltest" && p != module+"xml":
				t.Errorf("%s imports %s", path, p)
			case !here && (p == "encoding/xml" || p == "github.com/beevik/etree"):
				t.Errorf("%s imports %s: only package xml may", path, p)
			case here && p == "github.com/beevik/etree":
				seen++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("nothing read")
	}
}
