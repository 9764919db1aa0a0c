package pages

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Theme is what an operator may change of the pages' look.
type Theme struct {
	Accent     string // #rrggbb, of buttons and links on a light ground
	AccentDark string // the same on a dark ground
}

// DefaultTheme is used where nothing is set.
var DefaultTheme = Theme{Accent: "#1f5f99", AccentDark: "#8ec5f5"}

// The grounds that text in the accent stands on, as style.css has them: the one
// that is nearest to it in each scheme.
const (
	groundLight = "#f6f4ef"
	groundDark  = "#232a33"
)

// minContrast is that of WCAG 2.2 AA for text of ordinary size.
const minContrast = 4.5

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Check refuses colours that are none and those that cannot be read.
func (t Theme) Check() error {
	for _, c := range []struct{ name, colour, ground string }{
		{"accent", t.Accent, groundLight}, {"accent-dark", t.AccentDark, groundDark},
	} {
		if !colourForm.MatchString(c.colour) {
			return fmt.Errorf("%s: %q is not a colour such as #1f5f99", c.name, c.colour)
		}
		if got := contrast(c.colour, c.ground); got < minContrast {
			return fmt.Errorf("%s: %s on %s has a contrast of %.1f; text needs %.1f (WCAG 2.2)", c.name, c.colour, c.ground, got, minContrast)
		}
	}
	return nil
}

// contrast is the ratio of WCAG 2.2 between two colours of the form #rrggbb.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) float64 {
	v, _ := strconv.ParseUint(colour[1:], 16, 32) // of the right form
	linear := func(c uint64) float64 {
		f := float64(c&0xff) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(v>>16) + 0.7152*linear(v>>8) + 0.0722*linear(v)
}
