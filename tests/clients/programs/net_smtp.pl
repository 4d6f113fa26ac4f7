# Perl's Net::SMTP sends the cases that batch.py asks for.
use strict;
use warnings;
use Authen::SASL qw(Perl);
use IO::Socket::SSL;
use Net::SMTP;

sub sent {
    my ($name, $security, $port, $ca, $mechanism, $user, $secret, $sender, $recipients, $mail) = @_;
    my @tls = (SSL_ca_file => $ca, SSL_verify_mode => SSL_VERIFY_PEER, SSL_verifycn_name => 'localhost', SSL_hostname => 'localhost');
    my @begin = (Port => $port, Hello => 'app.local', Timeout => 30);
    push @begin, SSL => 1, @tls if $security eq 'implicit';
    my $smtp = Net::SMTP->new('localhost', @begin) or die "no connection: $@\n";
    my $must = sub { $_[0] or die $smtp->code . ' ' . $smtp->message . "\n" };
    $must->($smtp->starttls(@tls)) if $security eq 'starttls';
    if ($mechanism) {
        my %who = (user => $user, authname => $user, pass => $secret);
        $must->($smtp->auth(Authen::SASL->new(mechanism => $mechanism, callback => \%who)));
    }
    open my $file, '<:raw', $mail or die "$mail: $!\n";
    my $bytes = do { local $/; <$file> };
    $must->($smtp->mail($sender, Size => length $bytes, Bits => 8, Return => 'HDRS', Envelope => $name));
    $must->($smtp->recipient(split(/,/, $recipients), { Notify => ['SUCCESS', 'FAILURE'] }));
    # It ends lines itself.
    $bytes =~ s/\r\n/\n/g;
    $must->($smtp->data);
    $must->($smtp->datasend($bytes));
    $must->($smtp->dataend);
    $smtp->quit;
}

while (my $line = <STDIN>) {
    chomp $line;
    my @case = split /\t/, $line, -1;
    eval { sent(@case); 1 } or print $case[0], "\t", $@ =~ s/\s+/ /gr, "\n";
}
