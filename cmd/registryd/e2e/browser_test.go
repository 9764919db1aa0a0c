//go:build e2e

package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browser is a tab of headless Chromium.
type browser struct {
	t     *testing.T
	ctx   context.Context
	shots string // folder of screenshots
}

// newBrowser starts Chromium with a profile of its own.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Fatal("Chromium is needed: apt-get install chromium")
	}
	options := slices.Clone(chromedp.DefaultExecAllocatorOptions[:])
	options = append(options, chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()))
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	shots := os.Getenv("SCREENSHOTS")
	if shots == "" {
		shots = filepath.Join(root(t), "screenshots")
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, ctx: ctx, shots: shots}
	b.look(1280, "light")
	return b
}

// do carries out steps within half a minute.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	// The first use of the context starts the browser and must not end it.
	done := make(chan error, 1)
	go func() { done <- chromedp.Do(b.ctx, steps...) }()
	select {
	case err := <-done:
		if err != nil {
			b.t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		b.t.Fatal("the browser hangs")
	}
}

// call is a protocol command as a step.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, c, params)
		return chromedp.Void{}, err
	}
}

// look sets the width of the window and the scheme of colours.
func (b *browser) look(width int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

// scripts switches scripts of pages on or off; what tests evaluate runs anyway.
func (b *browser) scripts(on bool) {
	b.t.Helper()
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// open goes to an address.
func (b *browser) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// leads does something that leads to another page, and waits for it.
func (b *browser) leads(step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step))
	if err != nil {
		b.t.Fatalf("no other page came: %v\n%s", err, b.text())
	}
}

// eval evaluates an expression.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%v: %.80s", err, expression)
	}
	return v
}

// text is what the page says.
func (b *browser) text() string {
	b.t.Helper()
	return strings.Join(strings.Fields(eval[string](b, `document.body.innerText`)), " ")
}

func (b *browser) says(want ...string) {
	b.t.Helper()
	got := b.text()
	for _, w := range want {
		if !strings.Contains(got, w) {
			b.t.Fatalf("the page does not say %q: %s", w, got)
		}
	}
}

// keys presses keys one after the other.
func (b *browser) keys(list ...string) {
	b.t.Helper()
	for _, k := range list {
		b.do(chromedp.KeyEvent(k))
	}
}

// focused tells the element that the keyboard is on: its id, name or text; and
// that one can see that it is.
func (b *browser) focused() string {
	b.t.Helper()
	seen := eval[bool](b, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 })()`)
	on := eval[string](b, `(() => { const e = document.activeElement; return e.id || e.getAttribute('name') || e.innerText || e.tagName })()`)
	if !seen && on != "content" && on != "BODY" {
		b.t.Errorf("nothing shows that the keyboard is on %q", on)
	}
	return on
}

// tabTo presses Tab until the keyboard is on something.
func (b *browser) tabTo(want string) {
	b.t.Helper()
	var way []string
	for range 60 {
		b.keys("\t")
		on := b.focused()
		if on == want {
			return
		}
		way = append(way, on)
	}
	b.t.Fatalf("Tab does not reach %q, only %v", want, way)
}

//go:embed testdata/page.js
var pageFaults string

// inspect looks at the page in four ways, wide and narrow, light and dark, keeps
// a picture of each, and reports what keeps people from using it.
func (b *browser) inspect(name string) {
	b.t.Helper()
	for _, width := range []int64{1280, 360} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(width, scheme)
			where := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			for _, fault := range eval[[]string](b, pageFaults) {
				b.t.Errorf("%s: %s", where, fault)
			}
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(b.shots, where+".png"), png, 0o644)
			}
			if err != nil {
				b.t.Fatal(err)
			}
			if (width == 360) == (scheme == "dark") { // it takes its time; width and colours do not depend on each other
				b.axe(where)
			}
		}
	}
	b.look(1280, "light")
	b.tree(name)
}

// widgets are the roles that need a name.
var widgets = []string{"button", "link", "textbox", "radio", "checkbox", "combobox", "radiogroup"}

// tree checks what a screen reader is told: landmarks, headings in order, names
// of all controls and groups.
func (b *browser) tree(name string) {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		return cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	count := map[string]int{}
	level := 0
	for _, n := range found.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, label := axText(n.Role), strings.TrimSpace(axText(n.Name))
		count[role]++
		if slices.Contains(widgets, role) && label == "" {
			b.t.Errorf("%s: a %s has no name", name, role)
		}
		if role != "heading" {
			continue
		}
		for _, p := range n.Properties {
			if string(p.Name) != "level" {
				continue
			}
			next := 0
			if err := json.Unmarshal(p.Value.Value, &next); err != nil {
				b.t.Fatal(err)
			}
			if next == 1 {
				count["h1"]++
			}
			if next > level+1 {
				b.t.Errorf("%s: heading %q of level %d after one of level %d", name, label, next, level)
			}
			level = next
		}
	}
	for _, role := range []string{"main", "banner", "contentinfo", "h1"} {
		if count[role] != 1 {
			b.t.Errorf("%s: %d × %s, want one", name, count[role], role)
		}
	}
	if lang := eval[string](b, `document.documentElement.lang`); lang == "" {
		b.t.Errorf("%s: no language", name)
	}
	if n := eval[int](b, `document.querySelectorAll('fieldset:not(:has(> legend))').length`); n != 0 {
		b.t.Errorf("%s: %d groups without a legend", name, n)
	}
	if eval[string](b, `document.title`) == "" {
		b.t.Errorf("%s: no title", name)
	}
}

func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(v.Value, &s) // no string: not a text
	return s
}

// axe runs axe-core, where .ci/run has fetched it.
func (b *browser) axe(where string) {
	b.t.Helper()
	file := os.Getenv("AXE_CORE")
	if file == "" {
		return
	}
	source, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	eval[bool](b, string(source)+`; true`)
	_, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.axeFaults = null; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => {
		window.axeFaults = r.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')) }); true`))
	if err != nil {
		b.t.Fatal(err)
	}
	for range 200 {
		if eval[bool](b, `window.axeFaults !== null`) {
			for _, f := range eval[[]string](b, `window.axeFaults`) {
				b.t.Errorf("%s: axe: %s", where, f)
			}
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Errorf("%s: axe does not end", where)
}
