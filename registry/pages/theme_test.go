package pages

import (
	"math"
	"os"
	"strings"
	"testing"
)

// The ratio is that of WCAG 2.2: 21 for black on white, 4.54 for #767676.
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#ffffff", "#000000", 21}, {"#767676", "#ffffff", 4.54}, {"#1f5f99", "#1f5f99", 1}} {
		if got := contrast(tt.a, tt.b); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

// Colours that cannot be read are refused when they are loaded (N50).
func TestThemeCheck(t *testing.T) {
	if err := DefaultTheme.Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Theme{{"#ffff00", "#8ec5f5"}, {"#1f5f99", "#1f5f99"}, {"blue", "#8ec5f5"}, {"#1F5F99", "#8ec5f5"}, {"#1f5f99;}", "#8ec5f5"}, {}} {
		if err := bad.Check(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// The grounds that colours are checked against are those of the stylesheet.
func TestGrounds(t *testing.T) {
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, ground := range []string{groundLight, groundDark} {
		if !strings.Contains(string(css), "--soft: "+ground+";") {
			t.Errorf("style.css has no ground %s", ground)
		}
	}
}
