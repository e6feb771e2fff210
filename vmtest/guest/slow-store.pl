# A store that is slow: between the socket on standard input and 127.0.0.1 at port $ARGV[0], what the store
# says arrives $ARGV[1] to $ARGV[1] + 1 seconds late, and in its order. What it is asked arrives at once.
# Only what perl-base has.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($port, $late) = @ARGV;
my $store = IO::Socket::INET->new("127.0.0.1:$port") or die "no store: $@";
open my $client, '+<&=', 0 or die $!;
my $ready = IO::Select->new($client, $store);
my @held;
$SIG{PIPE} = 'IGNORE';

sub pass {
    my ($to, $said) = @_;
    while (length $said) {
        my $gone = syswrite $to, $said;
        exit unless defined $gone;
        substr $said, 0, $gone, '';
    }
}

while (1) {
    for my $from ($ready->can_read(0.05)) {
        my $read = sysread $from, my $said, 65536;
        exit unless $read;
        if ($from == $store) {
            push @held, [time + $late + 1, $said];
        } else {
            pass $store, $said;
        }
    }
    pass $client, (shift @held)->[1] while @held && $held[0][0] <= time;
}
