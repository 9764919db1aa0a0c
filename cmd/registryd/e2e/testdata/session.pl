#!/usr/bin/perl
# A registrar's session through Net::EPP::Simple: session.pl DEMO-FOLDER PROFILE
use strict;
use warnings;
no warnings 'uninitialized';    # Net::EPP::Simple compares undefined values
use JSON::PP;
use Net::EPP::Simple;
use Net::EPP::Frame::Command::Poll::Req;
use Net::EPP::Frame::Command::Poll::Ack;

my ($dir, $profile) = @ARGV;
open(my $file, '<', "$dir/demo.json") or die "demo.json: $!";
my $demo = decode_json(do { local $/; <$file> });
my %registrars = map { $_->{tag} => $_ } @{ $demo->{registrars} };
my ($host, $port) = split /:/, $demo->{epp}{$profile};
my $zone = $profile eq 'uk' ? 'co.demo' : 'shop';
my $name = "perl-$$.$zone";
my $contact = "PERL-$$";
my @authinfo = map { "Net-EPP-$_-k7WqnR4tZp2xHd8v" } 1 .. 2;
my $failed = 0;

sub path { my $p = shift; return $p =~ m{^/} ? $p : "$dir/$p" }

sub step {
	my ($what, $ok) = @_;
	printf "%-6s %s: %s %s\n", $ok ? 'ok' : 'WRONG', $what, $Net::EPP::Simple::Code, $ok ? '' : "$Net::EPP::Simple::Error";
	$failed++ unless $ok;
}

sub login {
	my $r = $registrars{ $_[0] };
	my $epp = Net::EPP::Simple->new(
		host => $host, port => $port, user => $r->{tag}, pass => $r->{password},
		cert => path($r->{cert_file}), key => path($r->{key_file}), verify => 1, ca_file => path($demo->{ca_file}),
		timeout => 20, reconnect => 0, load_config => 0,
	);
	step("login of $_[0]", defined $epp);
	exit 1 unless $epp;
	return $epp;
}

sub code { return $_[0]->getElementsByTagName('result')->shift->getAttribute('code') }

# drain reads and acknowledges all messages.
sub drain {
	my ($epp, $least) = @_;
	my ($count, $case) = (0, '');
	while (1) {
		my $answer = $epp->request(Net::EPP::Frame::Command::Poll::Req->new);
		last if code($answer) != 1301;
		$count++;
		my $id = $answer->getElementsByTagName('msgQ')->shift->getAttribute('id');
		my $found = $answer->getElementsByLocalName('caseId')->shift;
		$case = $found->textContent if $found;
		my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
		$ack->setMsgID($id);
		$epp->request($ack);
	}
	step("poll: $count messages", $count >= $least);
	return $case;
}

my $a = login('DEMO-A');
my $b = login('DEMO-B');
step('hello', $a->ping);
step('check of a free name', $a->check_domain($name) == 1);
step('check of a name in use', $a->check_domain($profile eq 'uk' ? 'bakery.co.demo' : 'tulip.shop') == 0);

step('contact create', $a->create_contact({
	id => $contact, email => 'perl@mail.example', voice => '+44.2079460000', authInfo => $authinfo[0],
	postalInfo => { loc => { name => 'Perl Monk', org => '',
		addr => { street => ['1 Camel Yard'], city => 'London', pc => 'SW1A 1AA', cc => 'GB' } } },
}));
my $info = $a->contact_info($contact);
step('contact info', $info && $info->{email} eq 'perl@mail.example');
# The module's own update_contact sends add and rem even when they are empty,
# which the schema forbids: they are taken out.
my $update = $a->_generate_update_contact_frame({ id => $contact, chg => { voice => '+44.2079460001', email => 'perl@mail.example' } });
for my $part (map { $update->getElementsByTagName("contact:$_") } qw(add rem)) {
	$part->parentNode->removeChild($part) unless $part->hasChildNodes;
}
step('contact update', code($a->request($update)) == 1000);
step('host create', $a->create_host({ name => "ns.perl-$$.example", addrs => [] }));
$info = $a->host_info("ns.perl-$$.example");
step('host info', $info && $info->{name} eq "ns.perl-$$.example");

step('domain create', $a->create_domain({
	name => $name, period => 2, registrant => $contact, authInfo => $authinfo[0], contacts => { tech => $contact },
	ns => [ 'ns1.hosting.example', "ns.perl-$$.example" ],
}));
step('domain create, taken: refused', !$a->create_domain({ name => $name, period => 2, registrant => $contact, authInfo => $authinfo[0] })
	&& $Net::EPP::Simple::Code == 2302);
$info = $a->domain_info($name);
step('domain info', $info && $info->{registrant} eq $contact && @{ $info->{ns} } == 2);
step('domain update', $a->update_domain({ name => $name, add => { ns => ['ns2.hosting.example'], status => ['clientHold'] },
	rem => { ns => ["ns.perl-$$.example"] } }));
step('host delete', $a->delete_host("ns.perl-$$.example"));

if ($profile eq 'uk') {
	my $e = substr($a->domain_info('harbour.co.demo')->{exDate}, 0, 10);
	step('domain renew', $a->renew_domain({ name => 'harbour.co.demo', cur_exp_date => $e, period => 2 }));
	my $later = substr($a->domain_info('harbour.co.demo')->{exDate}, 0, 10);
	step("exDate is $later, was $e", substr($later, 0, 4) == substr($e, 0, 4) + 2);
	step('domain renew, again: refused', !$a->renew_domain({ name => 'harbour.co.demo', cur_exp_date => $e, period => 2 })
		&& $Net::EPP::Simple::Code == 2306);
	# std-release has no module: the frame is sent as it is.
	my $release = '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>'
		. '<r:release xmlns:r="http://www.nominet.org.uk/epp/xml/std-release-1.0"><r:domainName>%s</r:domainName>'
		. '<r:registrarTag>DEMO-B</r:registrarTag></r:release></update><clTRID>perl-release</clTRID></command></epp>';
	step('release, which DEMO-B is asked about', code($a->request(sprintf($release, $name))) == 1001);
	my $case = drain($b, 1);
	my $accept = '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>'
		. '<h:accept xmlns:h="http://www.nominet.org.uk/epp/xml/std-handshake-1.0"><h:caseId>%s</h:caseId></h:accept></update>'
		. '<clTRID>perl-accept</clTRID></command></epp>';
	step('handshake accept', code($b->request(sprintf($accept, $case))) == 1000);
} else {
	my $e = substr($a->domain_info($name)->{exDate}, 0, 10);
	step('domain renew', $a->renew_domain({ name => $name, cur_exp_date => $e, period => 1 }));
	step('transfer with a wrong authInfo: refused', !$b->domain_transfer_request($name, $authinfo[1], 1) && $Net::EPP::Simple::Code == 2202);
	my $trn = $b->domain_transfer_request($name, $authinfo[0], 1);
	step('transfer request', $trn && $trn->{trStatus} eq 'pending');
	step('transfer reject', $a->domain_transfer_reject($name));
	step('transfer request', $b->domain_transfer_request($name, $authinfo[0], 1));
	step('transfer approve', $a->domain_transfer_approve($name));
	drain($b, 1);
}
drain($a, 1);
$info = $b->domain_info($name);
step('domain info, moved', $info && $info->{clID} eq 'DEMO-B');
step('domain update, not ours any more: refused', !$a->update_domain({ name => $name, rem => { status => ['clientHold'] } })
	&& $Net::EPP::Simple::Code == 2201);
step('domain delete', $b->delete_domain($name)) if $profile eq 'gtld';
for ($a, $b) { $_->logout }
die "$failed steps went wrong\n" if $failed;
print "all well\n";
