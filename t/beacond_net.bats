# beacond and beaconc on a network: three hosts, which are network namespaces,
# on a bridge, with netmasks of their own.
#
#	a  eth0 10.77.1.1/24   eth1 10.77.2.1/26	beaconc runs here
#	b  eth0 10.77.1.2/24
#	c  eth0 10.77.2.2/26
#	d  eth0 10.77.3.3/16

# bats file_tags=no-valgrind
load lib/brood

# The root of a machine has them, and of some containers.
setup_file() {
	NS=brood$$x$RANDOM
	export NS
	mkdir -p "$BATS_FILE_TMPDIR/in"
	if ! command -v ip >/dev/null || ! network 2>"$BATS_FILE_TMPDIR/why"
	then
		export NO_NETWORK="no network namespaces with a bridge here"
		return 0
	fi
	start_server "$BATS_FILE_TMPDIR/in/a-beacond" --listen '*:0' \
	    --name alpha -a httpd=8080/tcp
	export PORT A_OUT=$SERVER_OUT
	start_server "$BATS_FILE_TMPDIR/in/b-beacond" --listen "*:$PORT" \
	    --name beta -a echod=7007/udp
	export B_OUT=$SERVER_OUT
	start_server "$BATS_FILE_TMPDIR/in/c-beacond" --listen "*:$PORT" \
	    --name gamma -a timed=12000/tcp
	export C_OUT=$SERVER_OUT
	start_server "$BATS_FILE_TMPDIR/in/d-beacond" --listen "*:$PORT" \
	    --name delta
}

teardown_file() {
	local status=0 host

	stop_servers || status=1
	for host in hub a b c d; do
		ip netns del "$NS$host" 2>/dev/null || :
	done
	return "$status"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	[[ ! ${NO_NETWORK:-} ]] || skip "$NO_NETWORK"
}

# network - the bridge and its hosts, and for each program on each host a
# script in/HOST-PROGRAM
network() {
	local host program

	for host in hub a b c d; do
		ip netns add "$NS$host" || return
		in_host "$host" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
		    net.ipv4.conf.all.rp_filter=0 \
		    net.ipv4.conf.default.rp_filter=0 \
		    net.ipv4.conf.all.arp_ignore=1 || return
		ip -n "$NS$host" link set lo up || return
		for program in beacond beaconc; do
			printf '#!/bin/sh\nexec ip netns exec %s %s "$@"\n' \
			    "$NS$host" "$BIN/$program" \
			    >"$BATS_FILE_TMPDIR/in/$host-$program"
		done
	done
	chmod +x "$BATS_FILE_TMPDIR"/in/*
	ip -n "${NS}hub" link add bridge type bridge || return
	ip -n "${NS}hub" link set bridge up || return
	wire a eth0 10.77.1.1/24 && wire a eth1 10.77.2.1/26 &&
	    wire b eth0 10.77.1.2/24 && wire c eth0 10.77.2.2/26 &&
	    wire d eth0 10.77.3.3/16
}

# wire HOST INTERFACE ADDRESS/BITS [broadcast ADDRESS] - from the host to the bridge.  The broadcast
# address is not named: it follows from the netmask.
wire() {
	ip -n "${NS}hub" link add "$1$2" type veth peer name "$2" \
	    netns "$NS$1" || return
	ip -n "${NS}hub" link set "$1$2" master bridge up || return
	ip -n "$NS$1" link set "$2" up || return
	ip -n "$NS$1" addr add "${@:3}" dev "$2"
}

unwire() {
	ip -n "${NS}hub" link del "$1$2"
}

in_host() {
	local host=$1

	shift
	ip netns exec "$NS$host" "$@"
}

# at_a ARG... - beaconc on host a, to the servers' port
at_a() {
	"$BATS_FILE_TMPDIR/in/a-beaconc" -p "$PORT" "$@"
}

@test "each interface's own broadcast address, by its netmask" {
	run at_a -v -c 3 -i 200ms -n 4
	assert_success
	assert_line "asked 10.77.1.255:$PORT on eth0"
	assert_line "asked 10.77.2.63:$PORT on eth1"
	assert_line --regexp "^10\.77\.1\.2:$PORT on eth0: I am here \("
	assert_line --regexp "^10\.77\.2\.2:$PORT on eth1: I am here \("
	# and ourselves, on both
	assert_line --regexp "^10\.77\.1\.1:$PORT on "
	assert_line --regexp "^10\.77\.2\.1:$PORT on "
	wait_for_line "$B_OUT" \
	    '^10\.77\.1\.1:[0-9]+ on eth0, sent to 10\.77\.1\.255: Who is there'
	wait_for_line "$C_OUT" \
	    '^10\.77\.2\.1:[0-9]+ on eth0, sent to 10\.77\.2\.63: Who is there'
}

@test "a broadcast address that was set by hand is taken" {
	wire c eth7 10.77.9.1/24 broadcast 10.77.9.127
	run "$BATS_FILE_TMPDIR/in/c-beaconc" -v -c 1 -W 10ms
	unwire c eth7
	assert_line 'asked 10.77.9.127:12006 on eth7'
}

@test "--discover lists the servers of all three hosts" {
	run at_a --discover --expect 3
	assert_success
	assert_line --regexp '^httpd +8080/tcp +10\.77\.[12]\.1 .* alpha$'
	assert_line --regexp '^echod +7007/udp +10\.77\.1\.2 +eth0 +beta$'
	assert_line --regexp '^timed +12000/tcp +10\.77\.2\.2 +eth1 +gamma$'
	# each once, though alpha was met by two ways
	assert_equal "${#lines[@]}" 3
	run at_a --discover --json --expect 3
	assert_line --regexp '"name":"echod","port":7007,"protocol":"udp","address":"10.77.1.2","interface":"eth0","host":"beta","host_address":"10.77.1.2","host_interface":"eth0"'
	run at_a --discover --expect 4 --timeout 1s
	assert_failure 1
	assert_equal "${#lines[@]}" 3
}

@test "IPv6: multicast on each interface" {
	run at_a -6 -c 3 -i 200ms -v
	assert_success
	assert_line "asked [ff12::b200:2ee6%$(index a eth0)]:$PORT on eth0"
	assert_line "asked [ff12::b200:2ee6%$(index a eth1)]:$PORT on eth1"
	assert_line --regexp "^\[$(link_local b)%eth[01]\]:$PORT on eth[01]: I am here"
	assert_line --regexp "^\[$(link_local c)%eth[01]\]:$PORT on eth[01]: I am here"
	wait_for_line "$B_OUT" 'on eth0, sent to ff12::b200:2ee6: Who is there'
	run at_a -6 --discover --expect 3
	assert_success
	assert_line --regexp "^echod +7007/udp +$(link_local b)%eth[01] .* beta\$"
}

link_local() {
	ip -n "$NS$1" -6 -o addr show dev eth0 scope link |
	    sed -n 's/.* inet6 \([^/]*\).*/\1/p'
}

index() {
	in_host "$1" cat "/sys/class/net/$2/ifindex"
}

@test "two interfaces in one network: a broadcast leaves by each of them" {
	wire a eth2 10.77.1.3/24
	run at_a -v -c 1 -W 500ms
	wait_for_line "$B_OUT" '^10\.77\.1\.3:'
	unwire a eth2
	assert_success
	assert_line "asked 10.77.1.255:$PORT on eth0"
	assert_line "asked 10.77.1.255:$PORT on eth2"
}

@test "255.255.255.255 reaches hosts that have another netmask" {
	run at_a -c 1 -W 300ms
	assert_success
	refute_output --partial 10.77.3.3
	run at_a --limited -c 3 -i 200ms -W 300ms
	assert_success
	assert_line --regexp "^10\.77\.3\.3:$PORT on eth[01]: I am here"
}

@test "a broadcast with the source of a stranger is not answered" {
	ip -n "${NS}b" addr add 192.0.2.77/32 dev lo
	run in_host b "$PYTHON" - "$PORT" <<-'EOF'
	import socket, sys
	to = ("10.77.1.255", int(sys.argv[1]))
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
	s.bind(("192.0.2.77", 0))
	s.sendto(b"forged", to)
	EOF
	assert_success
	wait_for_line "$A_OUT" \
	    '^192\.0\.2\.77:.* on eth0.*: forged \(from another network: not'
	ip -n "${NS}b" addr del 192.0.2.77/32 dev lo
}

@test "a stranger who asks directly hears no list, unless it is allowed to" {
	ip -n "${NS}b" addr add 192.0.2.78/32 dev lo
	ip -n "${NS}a" route add 192.0.2.78/32 via 10.77.1.2
	start_server "$BATS_FILE_TMPDIR/in/a-beacond" --listen '*:0' \
	    -a secret=1/tcp
	run in_host b "$PYTHON" -c "$ASK" 192.0.2.78 "$PORT"
	assert_output 'I am here'
	start_server "$BATS_FILE_TMPDIR/in/a-beacond" --listen '*:0' \
	    -a secret=1/tcp --allow 192.0.2.0/24
	run in_host b "$PYTHON" -c "$ASK" 192.0.2.78 "$PORT"
	assert_output --partial 'secret=1/tcp'
	ip -n "${NS}a" route del 192.0.2.78/32
	ip -n "${NS}b" addr del 192.0.2.78/32 dev lo
}

ASK='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
s.settimeout(20)
s.sendto(b"BROOD-DISCOVER 1 id=0123456789abcdef from=0\n" + b" " * 500,
         ("10.77.1.1", int(sys.argv[2])))
print(s.recv(9000).decode().strip())
'

@test "interfaces that come later take part" {
	wire b eth4 10.77.4.1/24
	wire c eth4 10.77.4.2/24
	run "$BATS_FILE_TMPDIR/in/b-beaconc" -p "$PORT" -c 5 -i 300ms -n 4 -v
	assert_success
	assert_line --regexp "^10\.77\.4\.2:$PORT on eth4: I am here"
	# c is in the group there once it has looked again
	ip -n "${NS}hub" link set ceth0 down
	wait_until 15 multicast_heard
	ip -n "${NS}hub" link set ceth0 up
	unwire b eth4
	unwire c eth4
}

multicast_heard() {
	"$BATS_FILE_TMPDIR/in/b-beaconc" -6 --discover -c 1 -W 200ms \
	    -p "$PORT" | grep gamma
}

@test "a pool of children answers a broadcast once" {
	start_server "$BATS_FILE_TMPDIR/in/b-beacond" --listen '*:0' \
	    --transport udp --model prefork --children 4
	run "$BATS_FILE_TMPDIR/in/a-beaconc" -p "$PORT" -c 1 -W 500ms
	assert_success
	assert_line 'sent 2, answers 1, hosts 1'
}

@test "a host with no network to ask says so" {
	ip netns add "${NS}hub2"
	run ip netns exec "${NS}hub2" "$BIN/beaconc" -c 1
	ip netns del "${NS}hub2"
	assert_failure 2
	assert_output --partial 'no interface here has a broadcast address'
}
