#!/usr/bin/perl
# Stands for the application: answers at 8080, and ends in order at TERM.
use strict;
use warnings;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(Listen => 128, LocalPort => 8080, ReuseAddr => 1, Proto => 'tcp')
  or die "cannot listen: $!\n";
$SIG{TERM} = sub { print "closing\n"; exit 0 };
$| = 1;
print "listening\n";

while (1) {
  my $client = $listener->accept or next;
  while (defined(my $line = <$client>)) {          # the request's head
    last if $line =~ /^\r?$/;
  }
  print $client "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  close($client);
}
