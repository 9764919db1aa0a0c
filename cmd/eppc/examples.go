package main

// Examples are shown by --help of each command and stand in the manual.

// Help shows examples.
func (domainCheck) Help() string {
	return `Examples:

  eppc check example.uk example.org.uk`
}

// Help shows examples.
func (domainInfo) Help() string {
	return `Examples:

  eppc info example.uk
  eppc --json info example.uk --hosts none
  eppc --profile gtld info example.test --auth PW`
}

// Help shows examples.
func (domainCreate) Help() string {
	return `Examples:

  eppc create example.uk --years 2 --registrant C-1 --ns ns1.example.net,ns2.example.net
  eppc create example.uk --registrant C-1 --ns ns1.example.uk/192.0.2.1 --auto-bill 10
  eppc --profile gtld create example.test --registrant C-1 --contact admin=C-1,tech=C-2 --auth PW`
}

// Help shows examples.
func (domainRenew) Help() string {
	return `Examples:

  eppc renew example.uk
  eppc renew example.uk --years 5 --cur-exp 2027-03-20`
}

// Help shows examples.
func (domainUpdate) Help() string {
	return `Examples:

  eppc update example.uk --add-ns ns3.example.net --rem-ns ns1.example.net
  eppc update example.uk --auto-bill 10 --auto-period 2
  eppc update example.uk --add-status clientHold
  eppc update example.uk --add-ds "7165 13 2 144AC86D05C00F559949C5DB9D12A6C477292F690606AC2E8BDB2C9F9EE03406"
  eppc --profile gtld update example.test --restore`
}

// Help shows examples.
func (domainDelete) Help() string {
	return `Examples:

  eppc delete example.uk`
}

// Help shows examples.
func (domainTransfer) Help() string {
	return `Examples:

  eppc --profile gtld --tag BETA transfer request example.test --auth PW
  eppc --profile gtld transfer approve example.test`
}

// Help shows examples.
func (releaseCommand) Help() string {
	return `Examples:

  eppc release example.uk BETA
  eppc release C-1 BETA --registrant`
}

// Help shows examples.
func (handshakeCommand) Help() string {
	return `Examples:

  eppc poll
  eppc handshake accept 17 --registrant C-1
  eppc handshake reject 17`
}

// Help shows examples.
func (listCommand) Help() string {
	return `One of the two months is needed. Examples:

  eppc list --expiry 2027-03
  eppc list --month 2025-03`
}

// Help shows examples.
func (unrenewCommand) Help() string {
	return `Examples:

  eppc unrenew example.uk example.org.uk`
}

// Help shows examples.
func (forkCommand) Help() string {
	return `Examples:

  eppc fork C-1 example.uk --new-id C-2`
}

// Help shows examples.
func (lockCommand) Help() string {
	return `Either --domain or --contact is needed. Examples:

  eppc lock investigation --domain example.uk
  eppc lock opt-out --contact C-1`
}

// Help shows examples.
func (unlockCommand) Help() string {
	return `Either --domain or --contact is needed. Examples:

  eppc unlock opt-out --contact C-1`
}

// Help shows examples.
func (contactCommands) Help() string {
	return `Examples:

  eppc contact create C-1 --name "Ann Other" --street "1 High St" --city London --postcode "W1A 1AA" --country GB --email ann@example.net --type IND
  eppc contact update C-1 --email new@example.net
  eppc contact info C-1`
}

// Help shows examples.
func (hostCommands) Help() string {
	return `Examples:

  eppc host create ns1.example.net
  eppc host create ns1.example.uk 192.0.2.1 2001:db8::1
  eppc host update ns1.example.uk --add-addr 192.0.2.2 --rem-addr 192.0.2.1`
}

// Help shows examples.
func (loginCommand) Help() string {
	return `Examples:

  eppc login
  eppc login --ask-new`
}

// Help shows examples.
func (pollCommand) Help() string {
	return `Examples:

  eppc poll
  eppc poll --ack 17
  eppc --json poll --all`
}

// Help shows examples.
func (rawCommand) Help() string {
	return `Examples:

  eppc --xml raw frames.xml
  eppc raw --no-login login.xml`
}
