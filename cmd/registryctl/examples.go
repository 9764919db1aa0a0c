package main

// Examples are shown by --help of each noun and stand in the manual.

// Help shows examples.
func (registrarCommands) Help() string {
	return `  registryctl registrar create ALPHA --name "Alpha Names Ltd" --billing-email bills@alpha.example
  registryctl registrar passwd ALPHA --generate
  registryctl --reason "invoice 17 unpaid" registrar suspend ALPHA
  registryctl registrar cert ALPHA --add alpha.pem
  registryctl registrar doctor ALPHA --address epp.example:700 --cert alpha.pem --key alpha.key`
}

// Help shows examples.
func (domainCommands) Help() string {
	return `  registryctl domain show shop.co.example
  registryctl domain list --tag ALPHA --expires-before 2027-01-01
  registryctl --reason "by telephone" domain register shop.co.example --tag ALPHA --registrant C-1 --ns ns1.shop.co.example/192.0.2.1
  registryctl --reason "by letter" domain set shop.co.example --add-ns ns3.example.net --rem-ns ns1.example.net
  registryctl --reason "court order 12/7" domain lock shop.co.example
  registryctl --reason "merger" domain transfer shop.co.example --to BETA`
}

// Help shows examples.
func (contactCommands) Help() string {
	return `  registryctl contact show C-1
  registryctl contact list --email owner@example.net
  registryctl --reason "by telephone" contact verify C-1
  registryctl --reason "by letter" contact create C-1 --tag ALPHA --name "Ann Other" --street "1 High St" --city London --country GB --email ann@example.net`
}

// Help shows examples.
func (hostCommands) Help() string {
	return `  registryctl host show ns1.shop.co.example
  registryctl host list --address 192.0.2.1`
}

// Help shows examples.
func (zoneCommands) Help() string {
	return `  registryctl zone create co.example --max-ns 10
  registryctl zone reserve co.example www --block --why "confusing"
  registryctl zone update co.example --referred
  registryctl zone apex co.example --ns ns1.nic.example/192.0.2.1 --ns ns2.nic.example/192.0.2.2 --mailbox hostmaster@nic.example
  registryctl zone publish co.example --dir zones
  registryctl --reason "end of the sunrise names" zone publish co.example --force`
}

// Help shows examples.
func (priceCommands) Help() string {
	return `  registryctl price list co.example
  registryctl --reason "price list 2027" price set co.example renew --amount 5.00 --years 2 --pro-rata --from 2027-01-01`
}

// Help shows examples.
func (customerCommands) Help() string {
	return `  registryctl account list --tag ALPHA
  registryctl account show 17
  registryctl --reason "take-over" account import accounts.csv
  registryctl --reason "new customer" account create C-1 --tag ALPHA --sales-person Kim
  registryctl --reason "new customer" account subscribe 17 shop.co.example --plan "Alpha names" --years 2
  registryctl --reason "customer's wish" account transfer
  registryctl account transfer 17 --to BETA --mode subscriptions-only --dry-run
  registryctl --reason merger account transfer 17 --to BETA --mode full --notify --rate 1.1743
  registryctl --reason "ALPHA closes" account transfer --all --from ALPHA --to BETA --mode full
  registryctl account orders`
}

// Help shows examples.
func (planCommands) Help() string {
	return `  registryctl --reason "price list 2027" plan set REGISTRY "UK names" --zone co.example
  registryctl --reason "price list 2027" plan set ALPHA "Alpha names" --zone co.example --ancestor "UK names" --document names
  registryctl --reason "price list 2027" plan price ALPHA "Alpha names" --amount 12.00 --years 1
  registryctl --reason "spring" plan promote ALPHA "Alpha names" spring --discount 20 --to 2027-05-31
  registryctl plan show ALPHA "Alpha names"`
}

// Help shows examples.
func (termsCommands) Help() string {
	return `  registryctl --reason "new terms" terms create ALPHA names --title "Terms for domain names"
  registryctl --reason "new terms" terms publish ALPHA names 4.0 --from 2027-01-01
  registryctl --reason "new terms" terms service ALPHA standard --description "Support on working days"
  registryctl terms list --tag ALPHA`
}

// Help shows examples.
func (vendorCommands) Help() string {
	return `  registryctl vendor show ALPHA
  registryctl --reason "by letter" vendor set BETA --parent ALPHA --default-class retail
  registryctl --reason "by letter" vendor rule ALPHA tax-zone 1 "UK standard" --country GB
  registryctl --reason "by letter" vendor payment ALPHA visa --gateway "First Gateway"
  registryctl --reason "by letter" vendor schedule ALPHA usual --days 30,7,-1`
}

// Help shows examples.
func (certsCommands) Help() string {
	return `  registryctl certs ca init certs
  registryctl certs server issue epp.example 192.0.2.1 --ca certs --out certs
  registryctl certs registrar issue ALPHA --ca certs --out alpha
  registryctl certs registrar issue ALPHA --ca certs --out alpha --csr request.pem
  registryctl --reason "key lost" certs revoke ALPHA 3fb2c9d0
  registryctl certs expiring --days 14`
}

// Help shows examples.
func (dbCommands) Help() string {
	return `  registryctl --config registry.toml db migrate
  registryctl --config registry.toml user grant ann --role admin
  registryctl --config registry.toml db roles --print
  registryctl db backup --dir backups --keep 14
  registryctl --yes db restore namekeep-20270301T020000.000Z.dump --to postgres://namekeep@localhost/restored
  registryctl db status --dir backups`
}

// Help shows examples.
func (escrowCommands) Help() string {
	return `  registryctl escrow deposit --type full --format xml --out deposits
  registryctl escrow deposit --type diff --recipient agent.pub --sign-key escrow.key
  registryctl escrow verify deposits/uk_2027-03-01_full_S1_R0_20270301001.ryde --key agent.key --signer escrow.pub
  registryctl escrow list`
}

// Help shows examples.
func (userCommands) Help() string {
	return `  registryctl user grant ann --role operator
  registryctl user grant kim --role registrar --tag ALPHA
  registryctl user revoke bob`
}

// Help shows examples.
func (auditCommands) Help() string {
	return `  registryctl audit list --staff ann --since 2026-01-01
  registryctl audit list --object domain --name shop.co.example
  registryctl audit list --svtrid CTL-4KQ2
  registryctl audit head
  registryctl audit verify --heads heads`
}

// Help shows examples.
func (clockCommands) Help() string {
	return `  registryctl clock advance --days 30
  registryctl clock set 2027-03-01`
}
