package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// customers is a desk with ALPHA and BETA as vendors of the registry's plan, and
// account 1 of OWNER-1 under ALPHA with a name, a debit and a payment method.
func customers(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	do := func(line string) {
		t.Helper()
		d.must("admin", append([]string{"-y"}, words(line)...)...)
	}
	for _, line := range []string{
		`registrar create BETA --name "Beta Ltd" --url https://beta.example --sales-email sales@beta.example`,
		`plan set REGISTRY "UK names" --zone co.example`,
		`terms service BETA standard --description "Working days"`,
		`vendor schedule BETA usual --days 30,7,-1`,
		`plan set ALPHA "Alpha names" --zone co.example --ancestor "UK names"`,
		`plan set BETA "Beta names" --zone co.example --ancestor "UK names" --service-terms standard --schedule usual`,
		`plan price ALPHA "Alpha names" --amount 12 --years 1`,
		`plan price BETA "Beta names" --amount 14 --years 1`,
		`terms create ALPHA names --title "Terms for names"`, `terms publish ALPHA names 1.0 --from 2020-01-01`,
		`terms create BETA names --title "Beta's terms"`, `terms publish BETA names 7 --from 2020-01-01`,
		`vendor payment ALPHA visa --gateway "First Gateway"`, `vendor payment BETA visa --gateway "Second Gateway"`,
		`vendor rule BETA tax-zone 1 "UK standard" --country GB`, `vendor rule BETA sales-person 1 Kim`,
		`vendor set BETA --default-class retail`,
		`contact create OWNER-1 --tag ALPHA --name "Ann Other" --street "1 High St" --city London --country GB --email ann@example.net --type IND`,
		`domain register shop.co.example --tag ALPHA --registrant OWNER-1 --years 2`,
		`account create OWNER-1 --tag ALPHA --branch Oxford`,
		`account subscribe 1 shop.co.example --plan "Alpha names"`,
		`account method 1 visa --token tok_9f2 --hint 4242`, `account accept 1 names --on 2024-02-01`,
		`account user 1 ann --email ann@example.net --role billing --privilege invoices`, `account ticket 1 T-17`,
		`account memo 1 debit 10.50 --text "set-up fee"`,
	} {
		do(line)
	}
	return d
}

func TestAccountCommands(t *testing.T) {
	d := customers(t)
	golden(t, "account-list.txt", d.must("support", "account", "list"))
	golden(t, "account-show.txt", d.must("support", "account", "show", "1"))
	golden(t, "plan-show.txt", d.must("support", "plan", "show", "BETA", "Beta names"))
	golden(t, "terms-list.txt", d.must("support", "terms", "list", "--tag", "ALPHA"))
	golden(t, "vendor-show.txt", d.must("support", "vendor", "show", "BETA"))
	d.must("billing", "-y", "plan", "promote", "BETA", "Beta names", "spring", "--discount", "20", "--to", "2099-05-31")
	d.must("billing", "account", "price", "1", "shop.co.example", "--freeze")
	d.expect(exitRefused, "is frozen", "billing", "account", "price", "1", "shop.co.example", "--sync")
	d.must("billing", "account", "price", "1", "shop.co.example", "--thaw")
	d.must("billing", "account", "price", "1", "shop.co.example", "--sync")
	d.must("billing", "account", "update", "1", "--class", "gold")
	d.must("billing", "account", "method", "1", "visa", "--disable")
	d.must("billing", "account", "user", "1", "ann", "--remove")
	d.must("billing", "account", "ticket", "1", "T-17", "--remove")
	v := parsed[accountView](t, d.must("support", "--json", "account", "show", "1"))
	if v.Class != "gold" || v.Methods[0].State != "disabled" || len(v.Users)+len(v.Tickets) != 0 || v.Balances[0].Amount != "10.50" {
		t.Errorf("%+v", v)
	}
	d.expect(exitRefused, "no account 77", "support", "account", "show", "77")
	d.expect(exitUsage, "not the number", "support", "account", "show", "shop")
	d.expect(exitRefused, "role support", "support", "account", "create", "OWNER-1", "--tag", "BETA")
	d.expect(exitRefused, "card number", "billing", "account", "method", "1", "visa", "--token", "4242 4242 4242 4242")
	d.expect(exitRefused, "does not accept", "billing", "account", "method", "1", "mandate", "--token", "tok")
	d.expect(exitUsage, "above nothing", "billing", "-y", "account", "memo", "1", "debit", "0", "--text", "x")
	d.expect(exitUsage, "gets a credit of 1.00 GBP", "billing", "account", "memo", "1", "credit", "1", "--text", "x")
	d.expect(exitRefused, "for good", "billing", "plan", "set", "BETA", "Beta names", "--zone", "co.example")
	d.expect(exitRefused, "delegated from \"UK names\" already", "billing", "plan", "set", "BETA", "Second", "--zone", "co.example", "--ancestor", "UK names")
	d.expect(exitRefused, "holds today already", "billing", "-y", "plan", "price", "BETA", "Beta names", "--amount", "15")
	d.expect(exitRefused, "has a version 7 already", "billing", "-y", "terms", "publish", "BETA", "names", "7")
	d.must("support", "billing", "verify")
}

func TestAccountImport(t *testing.T) {
	d := customers(t)
	d.must("operator", "contact", "create", "OWNER-2", "--tag", "ALPHA", "--name", "Bob", "--street", "2 High St", "--city", "London", "--country", "GB", "--email", "bob@example.net", "--type", "IND")
	file := filepath.Join(t.TempDir(), "accounts.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("contact,tag,class,balance\nOWNER-2,ALPHA,gold,-3.25\nOWNER-1,alpha,,99\nOWNER-2,BETA,,\n")
	d.must("billing", "account", "import", "--check", file)
	if n := parsed[map[string]int](t, d.must("billing", "-y", "--json", "account", "import", file)); n["added"] != 2 || n["already_there"] != 1 {
		t.Errorf("%+v", n)
	}
	d.expect(exitDone, "0 added, 3 there already", "billing", "-y", "account", "import", file)
	list := parsed[[]accountLine](t, d.must("support", "--json", "account", "list", "--contact", "OWNER-2"))
	if len(list) != 2 || list[0].Class != "gold" {
		t.Errorf("%+v", list)
	}
	write("contact,tag,balance\nNOBODY,ALPHA,1\nOWNER-1,NONE,\nOWNER-1,BETA,1.234\n")
	d.expect(exitRefused, "line 2: There is no contact", "billing", "-y", "account", "import", file)
	d.expect(exitRefused, "line 3: There is no tag", "billing", "-y", "account", "import", file)
	d.expect(exitRefused, "line 4: The balance", "billing", "-y", "account", "import", file)
	write("contact,colour\n")
	d.expect(exitRefused, "no column", "billing", "-y", "account", "import", file)
	d.must("support", "billing", "verify")
}

func TestPlanAndTermsImport(t *testing.T) {
	d := customers(t)
	file := filepath.Join(t.TempDir(), "in.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("tag,code,title,version,from\nBETA,privacy,Privacy,1,2021-01-01\nBETA,privacy,Privacy,2,2023-01-01\n")
	d.expect(exitDone, "nothing was added", "billing", "terms", "import", "--check", file)
	d.expect(exitDone, "2 added, 0 there", "billing", "-y", "terms", "import", file)
	d.expect(exitDone, "0 added, 2 there", "billing", "-y", "terms", "import", file)
	d.expect(exitDone, "2022-12-31", "billing", "terms", "list", "--tag", "BETA")
	write("tag,plan,zone,ancestor,document,years,amount,currency,from\nREGISTRY,Second,co.example,,,,,,\n" +
		"BETA,Beta second,co.example,Second,privacy,1,9.00,,2024-01-01\nBETA,Beta second,co.example,Second,privacy,2,17.50,EUR,2024-01-01\n")
	d.expect(exitDone, "3 added, 0 there", "billing", "-y", "plan", "import", file)
	d.expect(exitDone, "0 added, 3 there", "billing", "-y", "plan", "import", file)
	v := parsed[planView](t, d.must("support", "--json", "plan", "show", "BETA", "Beta second"))
	if v.Ancestor != "Second" || v.Document != "privacy" || len(v.Prices) != 2 || v.Prices[0].Amount != "17.50" {
		t.Errorf("%+v", v)
	}
	write("tag,plan,zone,ancestor,years,amount\nBETA,Third,co.example,Nothing,1,9\nNONE,Third,co.example,,1,9\nBETA,Fourth,co.example,,x,9\nBETA,Fifth,gone.example,,1,9\n")
	r := d.run("billing", "-y", "plan", "import", file)
	for _, says := range []string{"line 2: The registry has no plan", "line 3: There is no tag", "line 4: \"x\" is not a number", "line 5: There is no zone"} {
		if r.code != exitRefused || !strings.Contains(r.stderr, says) {
			t.Errorf("lacks %q: %d %s", says, r.code, r.stderr)
		}
	}
	d.expect(exitRefused, "no plan \"Fourth\"", "support", "plan", "show", "BETA", "Fourth")
}

func TestAccountTransferCommand(t *testing.T) {
	d := customers(t)
	d.expect(exitUsage, "--to TAG", "operator", "account", "transfer", "1")
	d.expect(exitUsage, "one rate", "operator", "account", "transfer", "1", "--to", "BETA", "--mode", "full", "--rate", "much")
	d.expect(exitRefused, "nothing to convert", "operator", "account", "transfer", "1", "--to", "BETA", "--mode", "full", "--rate", "1.5")
	golden(t, "account-transfer-dry-run.txt", d.must("operator", "account", "transfer", "1", "--to", "BETA", "--mode", "full", "--notify", "--dry-run"))
	golden(t, "account-transfer-only.txt", d.must("operator", "account", "transfer", "1", "--to", "BETA", "--mode", "subscriptions-only", "--dry-run"))
	d.expect(exitUsage, "Give --yes to do it.", "operator", "account", "transfer", "1", "--to", "BETA", "--mode", "full")
	d.expect(exitRefused, "role billing", "billing", "-y", "account", "transfer", "1", "--to", "BETA", "--mode", "full")
	golden(t, "account-transfer.txt", d.must("operator", "-y", "account", "transfer", "1", "--to", "BETA", "--mode", "full", "--notify"))
	golden(t, "account-transferred.txt", d.must("support", "account", "show", "1"))
	golden(t, "account-new.txt", d.must("support", "account", "show", "2"))
	d.expect(exitDone, "Transferred Out to BETA, where it is account 2 (order AT-000001)", "operator", "-y", "account", "transfer", "1", "--to", "BETA", "--mode", "full")
	golden(t, "account-orders.txt", d.must("support", "account", "orders"))
	d.must("support", "billing", "verify")
}

// B34, B37: what people of a registrar may do with this program.
func TestRegistrarRole(t *testing.T) {
	d := customers(t)
	d.expect(exitUsage, "--tag TAG", "root", "user", "grant", "kim", "--role", "registrar")
	d.must("root", "user", "grant", "kim", "--role", "registrar", "--tag", "BETA")
	d.must("root", "user", "grant", "ken", "--role", "registrar", "--tag", "ALPHA")
	d.expect(exitDone, "registrar BETA", "root", "user", "list")
	for _, line := range []string{"domain show shop.co.example", "registrar list", "invoice list", "vendor show BETA", "plan list", "audit list",
		"contact list", "terms list", "user list"} {
		d.expect(exitRefused, "works for a registrar", "kim", words(line)...)
	}
	d.expect(exitRefused, "no account 1", "kim", "account", "show", "1")
	d.expect(exitDone, "No accounts", "kim", "account", "list")
	d.expect(exitRefused, "not on your tag", "kim", "contact", "show", "OWNER-1")
	d.expect(exitDone, "ann@example.net", "ken", "contact", "show", "OWNER-1")
	d.expect(exitRefused, "no sub-registrars", "ken", "-y", "account", "transfer", "1", "--to", "BETA", "--mode", "full")
	d.must("operator", "vendor", "set", "BETA", "--parent", "ALPHA")
	d.must("ken", "-y", "account", "transfer", "1", "--to", "BETA", "--mode", "subscriptions-only")
	if got := d.must("kim", "contact", "show", "OWNER-1"); got != "Contact  OWNER-1\nName     Ann Other\n" {
		t.Errorf("B34: %q", got)
	}
	text := d.must("kim", "account", "show", "2") + d.must("kim", "account", "list") + d.must("kim", "--json", "account", "show", "2") + d.must("kim", "account", "orders")
	for _, secret := range []string{"tok_", "4242", "Gateway", "2024-02-01", "1 High St"} {
		if strings.Contains(text, secret) {
			t.Errorf("BETA sees %q:\n%s", secret, text)
		}
	}
	d.expect(exitRefused, "no account 1", "kim", "account", "show", "1")
	d.must("ken", "account", "show", "1")
	d.expect(exitDone, "ken", "root", "--json", "audit", "list", "--object", "account", "--name", "1")
	d.must("operator", "-y", "registrar", "suspend", "BETA")
	d.expect(exitRefused, "is suspended", "kim", "account", "list")
	d.must("root", "-y", "user", "revoke", "ken")
	d.expect(exitRefused, "not a staff user", "ken", "account", "list")
}

func TestTransferAllCommand(t *testing.T) {
	d := customers(t)
	for _, who := range []string{"OWNER-2", "OWNER-3"} {
		d.must("operator", "contact", "create", who, "--tag", "ALPHA", "--name", "Bob", "--street", "2 High St", "--city", "London", "--country", "GB", "--email", "bob@example.net", "--type", "IND")
		d.must("billing", "account", "create", who, "--tag", "ALPHA", "--currency", map[string]string{"OWNER-2": "GBP", "OWNER-3": "EUR"}[who])
	}
	d.must("billing", "-y", "account", "memo", "3", "credit", "8", "--text", "goodwill")
	all := []string{"account", "transfer", "--all", "--from", "ALPHA", "--to", "BETA", "--mode", "full"}
	d.expect(exitUsage, "--all needs", "operator", "account", "transfer", "--all", "--to", "BETA", "--mode", "full")
	golden(t, "account-transfer-all-dry-run.txt", d.must("operator", append(all, "--dry-run")...))
	d.expect(exitUsage, "2 accounts with 1 name move from ALPHA to BETA; 1 stay", "operator", all...)
	r := d.run("operator", append([]string{"-y"}, all...)...)
	if r.code != exitRefused || !strings.Contains(r.stderr, "1 of 3 accounts could not move") {
		t.Errorf("%+v", r)
	}
	golden(t, "account-transfer-all.txt", r.stdout)
	d.expect(exitDone, "1 of 1 account,", "operator", append([]string{"-y"}, append(all, "--rate", "0.86")...)...)
	d.expect(exitDone, "0 of 0 accounts", "operator", append([]string{"-y"}, all...)...)
	v := parsed[accountView](t, d.must("support", "--json", "account", "show", "6"))
	if v.Currency != "GBP" || v.Balances[0].Amount != "-6.88" || v.Balances[0].Currency != "GBP" {
		t.Errorf("%+v", v)
	}
	d.must("support", "billing", "verify")
}
