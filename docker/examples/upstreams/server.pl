#!/usr/bin/perl
# Stands for an application: answers at a port that the kernel picks, and writes its address to the
# file that it is given, in one rename.
use strict;
use warnings;
use IO::Socket::INET;

my ($file) = @ARGV;
my $listener = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1', Proto => 'tcp')
  or die "cannot listen: $!\n";
my $port = $listener->sockport;
open(my $out, '>', "$file.new") or die "cannot write $file.new: $!\n";
print $out "127.0.0.1:$port";
close($out);
rename("$file.new", $file) or die "cannot rename $file.new: $!\n";
$| = 1;
print "listening on $port\n";

while (my $client = $listener->accept) {
  while (defined(my $line = <$client>)) {          # the request's head
    last if $line =~ /^\r?$/;
  }
  my $body = "hello from port $port\n";
  print $client "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close($client);
}
