package scenario

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

var update = flag.Bool("update", false, "rewrite the expected time lines and docs/renewals.md")

func TestMain(m *testing.M) { pgtest.Main(m) }

const docsHead = `# Renewals: what happens on which day

These time lines are played by the program (` + "`registryctl simulate FILE`" + `) and kept by a test: the scenario files are in
` + "`registry/scenario/testdata`" + `. Days are counted from the first expiry date E. Bold in the picture is what somebody did;
the rest is the nightly batch.

![Nobody renews: the days from E to the cancellation](img/renewals.svg)

Green: registered until expiry. Blue: a renewal request is being processed. Orange: renewal required. Red: suspended.
Grey: free to be registered.

The batch of a civil day runs after its midnight in the registry's time zone. ` + "`registryctl batch status`" + ` shows what
the last nights did and, name by name, what they could not do. A night that was missed is made up, in order, with
that day's date on its documents.

A cancellation is stopped by nothing: a host below the name that other names use stays as an external host without
addresses.
`

// Every shipped scenario plays as its expected time line says, and the page in
// the documentation shows them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	page := docsHead
	for _, file := range files {
		line := play(t, file)
		table := line.Markdown()
		keep(t, strings.TrimSuffix(file, ".txt")+".md", table)
		page += "\n## " + line.Scenario.Title + "\n\n" + table
		if strings.HasSuffix(file, "0-ordinary.txt") {
			keep(t, "../../docs/img/renewals.svg", line.SVG())
		}
	}
	keep(t, "../../docs/renewals.md", page)
}

func play(t *testing.T, file string) Timeline {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	s, err := Parse(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	line, err := Play(context.Background(), pgtest.New(t), s, registry.DefaultPolicy())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return line
}

// keep compares with what is expected, or with -update writes it.
func keep(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		err := os.WriteFile(file, []byte(text), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s differs (-update rewrites it):\n%s", file, text)
	}
}

// A faulty file names its line and plays nothing.
func TestParseRefuses(t *testing.T) {
	const head = "name a.b tag T-1 expires 2027-06-30\nfrom 2027-06-01\nuntil 2027-07-01\n"
	for text, want := range map[string]string{
		"": "there is no line \"name", "nonsense": "line 1", head + "2027-06-02 dance": "line 4: \"dance\"",
		head + "2027-06-31 renew 2": "line 4", head + "2027-06-02 renew two": "line 4: \"two\"", head + "2027-06-02 renew": "takes 1 values",
		head + "2027-06-05 pay T-1\n2027-06-04 pay T-1": "line 5", head + "2028-06-05 pay T-1": "outside",
		"name a.b tag T-1 expires 2027-06-30\nfrom 2027-06-01\nuntil 2127-07-01": "at most",
	} {
		_, err := Parse(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
