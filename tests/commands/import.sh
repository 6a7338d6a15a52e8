#!/bin/sh
# mmsim import of disks: what fio measured and what /sys/block says.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
root=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

# A job as fio 3 writes it.  JOB RW DEPTH BYTES IOPS BANDWIDTH LATENCY [OPTIONS]
job() {
	side=${2#rand}
	other="write"
	[ "$side" = write ] && other="read"
	cat <<JSON
    {
      "jobname" : "$1", "groupid" : 0, "error" : 0, "eta" : 2147483647,
      "job options" : { "name" : "$1", "rw" : "$2", "iodepth" : "$3", "ioengine" : "libaio", ${8:-"\"direct\" : \"1\""} },
      "$side" : {
        "io_bytes" : $(($4 * 1000)), "bw_bytes" : $6, "bw" : $(($6 / 1024)), "iops" : $5.250000, "total_ios" : 1000,
        "clat_ns" : { "min" : 1, "max" : 9000000, "mean" : $7.400000, "stddev" : 12.5, "N" : 1000,
          "percentile" : { "1.000000" : 12, "99.990000" : 9000000 } }
      },
      "$other" : { "io_bytes" : 0, "bw_bytes" : 0, "iops" : 0.000000, "total_ios" : 0, "clat_ns" : { "mean" : 0.0, "N" : 0 } }
    }
JSON
}

result() { # FILE JOB...: joined with commas
	file=$1
	shift
	{ printf '{\n  "fio version" : "fio-3.33",\n  "global options" : { "size" : "1g" },\n  "jobs" : [\n'
	for j; do printf '%s' "$sep"; cat "$j"; sep=,; done
	printf '  ]\n}\n'; } >"$file"
	sep=
}
sep=

queue() { # FOLDER: some files of /sys/block/<disk>
	mkdir -p "$1/queue" "$1/device"
	echo 0 >"$1/queue/rotational"
	echo 512 >"$1/queue/max_hw_sectors_kb"
	echo 512 >"$1/queue/max_sectors_kb"
	echo 168 >"$1/queue/max_segments"
	echo 65536 >"$1/queue/max_segment_size"
	echo 64 >"$1/queue/nr_requests"
	echo 1024 >"$1/queue/read_ahead_kb"
	echo 3000 >"$1/queue/wbt_lat_usec"
	echo '[mq-deadline] kyber bfq none' >"$1/queue/scheduler"
	echo 32 >"$1/device/queue_depth"
	echo 1000215216 >"$1/size"
}

# 1 GB/s, 80 us of latency, 8 channels: 4096 bytes take 4.096 us of the link
ssd() {
	mkdir -p disks/sda
	queue disks/sda
	job seq read 32 1048576 953 1000000000 33000000 >j1
	job lone randread 1 4096 11891 48705000 84096 >j2
	job many randread 32 4096 95129 389648000 336000 >j3
	job wseq write 32 1048576 476 500000000 66000000 >j4
	job cached randread 1 4096 900000 3686400000 900 '"direct" : "0"' >j5
	result disks/sda/read.json j1 j2 j3
	result disks/sda/write.json j4 j5
}

parameters_follow_from_fio() {
	ssd
	exits 0 "$mmsim" import disks/sda || return 1
	for line in 'name: sda' 'read_bandwidth: 1000000000 B/s' 'write_bandwidth: 500000000 B/s' 'read_latency: 80000 ns' \
		'write_latency: .* # not measured: as the other one' 'channels: 8' '# 1 jobs of fio without direct=1 are not used'; do
		says out "^$line" || return 1
	done
}
check "parameters follow from fio" parameters_follow_from_fio

sys_block_is_taken_as_it_stands() {
	for line in 'rotational: false' 'max_request_kb: 512' 'max_segments: 168' 'max_segment_size: 65536' 'nr_requests: 64' \
		'wbt_target: 3000 us' 'queue_depth: 32' 'scsi: true' 'size: 512110190592' 'scheduler: mq-deadline' \
		'# and in the scenario  queue: { sda: { read_ahead_kb: 1024 } }'; do
		says out "^$line$" || return 1
	done
}
check "/sys/block is taken as it stands" sys_block_is_taken_as_it_stands

a_disk_can_be_included() {
	exits 0 "$mmsim" import disks/sda -o sda.yaml || return 1
	cat >with.yaml <<'YAML'
# What fio would see: one request at a time, and many.
mmsim: 1
machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [!include sda.yaml] }
files: [{ name: raw, disk: sda, raw: true }]
tasks:
  - name: t
    do:
      - open: { file: raw, direct: true }
        as: f
      - read: { file: f, pattern: random, block: 4 KiB, count: 1000 }
      - assert: disk[sda].read_ns == 1000 * 84096 ns
YAML
	exits 0 "$mmsim" check with.yaml && exits 0 "$mmsim" run -q -o with.db with.yaml
}
check "an imported disk can be included and gives what fio measured" a_disk_can_be_included

text_of_fio_is_no_json() {
	mkdir -p disks/text
	printf 'seq: (g=0): rw=read, bs=(R) 1024KiB-1024KiB\nfio-3.33\nStarting 1 process\n' >disks/text/seq.json
	exits 2 "$mmsim" import disks/text &&
		says err 'seq.json:1:1: error: no JSON of fio; accepted: what fio --output-format=json writes' &&
		is 1 "$(grep -c error: err)" && rm -r disks/text
}
check "what fio prints without --output-format is told from JSON" text_of_fio_is_no_json

processes_of_a_job_are_added_up() {
	mkdir -p disks/sdb
	job lone randread 1 4096 11891 48705000 84096 '"direct" : "1", "numjobs" : "16"' >j1
	job seq read 8 1048576 119 125000000 66000000 >j2
	result disks/sdb/a.json j1                            # one entry for 16 processes: not one at a time
	result disks/sdb/b.json j2 j2 j2 j2                   # four entries of one job
	exits 0 "$mmsim" import disks/sdb && says out '^read_bandwidth: 500000000 B/s$' || return 1
	rm disks/sdb/b.json
	exits 0 "$mmsim" import disks/sdb && says out '^read_bandwidth: 48705000 B/s # of small requests' &&
		says out '^write_bandwidth: 48705000 B/s # not measured' && says out '^# read_latency: not measured'
}
check "processes of a job are added up" processes_of_a_job_are_added_up

a_rotating_disk_gets_seeks() {
	mkdir -p disks/sdc/queue
	echo 1 >disks/sdc/queue/rotational
	job seq read 32 1048576 143 150000000 33000000 >j1
	job lone randread 1 4096 78 319488 12800000 >j2
	result disks/sdc/fio.json j1 j2
	exits 0 "$mmsim" import disks/sdc && says out '^rpm: 7200' && says out '^seek_full: 15270221 ns$' &&
		says out '^channels: 1$' && says out '^rotational: true$'
}
check "a rotating disk gets seeks" a_rotating_disk_gets_seeks

without_fio_a_preset_stands_in() {
	mkdir -p disks/nvme0n1
	queue disks/nvme0n1
	rm -r disks/nvme0n1/device
	exits 0 "$mmsim" import disks/nvme0n1 && says out '^preset: nvme #' || return 1
	exits 2 "$mmsim" import "$PWD"
}
check "without fio a preset stands in" without_fio_a_preset_stands_in

wrong_results_are_refused() {
	mkdir -p disks/bad
	echo '{ "jobs" : 3 }' >disks/bad/x.json
	exits 2 "$mmsim" import disks/bad && says err 'x.json:1:.*no result of fio' || return 1
	echo 'fio: this is text' >disks/bad/x.json
	exits 2 "$mmsim" import disks/bad && says err 'x.json' || return 1
	job cached randread 1 4096 900000 3686400000 900 '"direct" : "0"' >j1
	result disks/bad/x.json j1
	exits 2 "$mmsim" import disks/bad && says err 'no job with direct=1' || return 1
	rm -r disks/bad
}
check "wrong results are refused" wrong_results_are_refused

a_machine_has_its_disks() {
	mkdir m
	cp -r "$root"/tests/truth/topology/m1g-1n1c-bzimage/* m/
	cp -r disks m/
	exits 0 "$mmsim" import m -o m.yaml && says m.yaml '^  disks:$' && says m.yaml '^    - name: nvme0n1$' &&
		says m.yaml '^    - name: sda$' && says m.yaml '^      read_latency: 80000 ns$' || return 1
	printf '# All disks.\nmmsim: 1\n<<: !include m.yaml\nfiles: [{ name: a, disk: sda }]\n' >all.yaml
	exits 0 "$mmsim" check all.yaml
}
check "a machine has its disks" a_machine_has_its_disks

every_disk_has_its_kind() {
	mkdir -p kinds/disks && cp -r "$root"/tests/truth/topology/m1g-1n1c-bzimage/* kinds/
	for d in vda xvda mmcblk0 nvme1n1 sdx sdy; do queue "kinds/disks/$d"; done
	rm -r kinds/disks/vda/device kinds/disks/xvda/device kinds/disks/mmcblk0/device kinds/disks/nvme1n1/device
	for d in vda sdy; do echo 1 >"kinds/disks/$d/queue/rotational"; done
	exits 0 "$mmsim" import kinds -o kinds.yaml || return 1
	is "mmcblk0 sata-ssd,nvme1n1 nvme,sdx sata-ssd,sdy hdd-7200,vda virtio-throttled,xvda virtio-throttled," \
		"$(awk '/- name:/ { n = $3 } /preset:/ { printf "%s %s,", n, $2 }' kinds.yaml)" || return 1
	says kinds.yaml 'preset: virtio-throttled # a virtual disk' && ! grep -q 'and in the scenario' kinds.yaml || return 1
	says kinds.yaml '^queue:$' && says kinds.yaml '^  vda: { read_ahead_kb: 1024 }$' || return 1
	# a device without a limit: the kernel's own is then lower
	echo 2147483647 >kinds/disks/vda/queue/max_hw_sectors_kb
	echo 4096 >kinds/disks/vda/queue/max_sectors_kb
	exits 0 "$mmsim" import kinds --scenario -o kinds.yaml && says kinds.yaml 'max_request_kb: 1048576' &&
		says kinds.yaml 'vda: { read_ahead_kb: 1024, max_sectors_kb: 4096 }' && exits 0 "$mmsim" run -q --until 1s -o kinds.db kinds.yaml || return 1
	is "1024 4096" "$(sql kinds.db "SELECT value FROM tunable WHERE name IN ('queue.vda.read_ahead_kb', 'queue.vda.max_sectors_kb') ORDER BY name DESC" | tr '\n' ' ' | sed 's/ $//')"
}
check "every disk has its kind and its queue" every_disk_has_its_kind

a_machine_becomes_a_scenario() {
	for disk in nvme0n1 vda ''; do
		rm -rf ready && mkdir -p ready/disks && cp -r "$root"/tests/truth/topology/m1g-1n1c-bzimage/* ready/
		[ -z "$disk" ] || { queue "ready/disks/$disk"; rm -r "ready/disks/$disk/device"; }
		[ "$disk" != vda ] || echo 2097152 >ready/disks/vda/size
		exits 0 "$mmsim" import ready --scenario -o ready.yaml && exits 0 "$mmsim" check ready.yaml || return 1
		says ready.yaml "^files: \[{ name: copy, disk: ${disk:-disk0} }\]$" || return 1
		exits 0 "$mmsim" compare ready.yaml --set vm.dirty_ratio=5,20 --until 300ms --format none -o ready.d && says out '^20 ' || return 1
	done
	says ready.yaml 'none was found' && exits 2 "$mmsim" import ready/../disks/sda --scenario && says err 'is a disk'
}
check "a machine becomes a scenario with a writer on its first disk" a_machine_becomes_a_scenario

this_machine_becomes_a_scenario() { # as README says
	"$root/scripts/collect-machine" mine >log || return 1
	exits 0 "$mmsim" import mine --scenario -o what-if.yaml && exits 0 "$mmsim" check what-if.yaml
}
check "the machine of this test becomes a scenario" this_machine_becomes_a_scenario

other_folders_are_refused() {
	mkdir other
	exits 2 "$mmsim" import other || return 1
	says err 'other: is no folder of a collected machine, nor of a disk; accepted: what scripts/collect-machine made'
}
check "other folders are refused" other_folders_are_refused

exit "$failed"
