#!/bin/sh
# The results file under fire: runs that are killed and stopped at any moment, disks that are full,
# folders that are read-only, files that are broken.  MOMENTS=n: so many of each (make fire: 200).
# shellcheck disable=SC1091,SC2154,SC2317,SC2086 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"
moments=${MOMENTS:-12}
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 3' INT TERM

# A run of about half a second that writes all the time.
sed 's/^duration: .*/duration: 20 s/; s/bytes: [0-9]* MiB/bytes: 900 GiB/; s/size: [0-9]* MiB/size: 400 GiB/' small.yaml >busy.yaml

# Prints moment number $1 of $moments, spread over the run, in seconds.
moment() {
	awk -v i="$1" -v n="$moments" 'BEGIN { srand(i); printf "%.4f", 0.7 * (i + rand()) / n }'
}

# A file that a run left is whole: it can be read, every sample is complete, and it says what it is.
whole() { # DB STATES
	[ -e "$1" ] || return 0
	is ok "$(sqlite3 "$1" 'PRAGMA integrity_check' 2>&1)" || return 1
	state=$(sqlite3 "$1" 'SELECT state FROM run')
	case " $2 " in
	*" $state "*) ;;
	*) echo "state \"$state\", not one of $2"; return 1 ;;
	esac
	is 0 "$(sqlite3 "$1" 'SELECT count(*) FROM (SELECT t_ns FROM vmstat_sample EXCEPT SELECT t_ns FROM disk_sample)')" || return 1
	is 0 "$(sqlite3 "$1" 'SELECT count(*) FROM (SELECT t_ns FROM disk_sample EXCEPT SELECT t_ns FROM vmstat_sample)')" || return 1
	exits 0 "$mmsim" compare "$1" "$1" --format none --json || return 1
}

killed_at_any_moment() {
	i=0
	seen=0
	while [ "$i" -lt "$moments" ]; do
		[ $((i % 3)) -eq 0 ] && rm -f killed.db*
		"$mmsim" run -q -o killed.db --trace '*' busy.yaml >out 2>err &
		pid=$!
		sleep "$(moment "$i")"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		whole killed.db "running finished" || { echo "killed at $(moment "$i") s"; return 1; }
		[ -s killed.db ] && seen=$((seen + 1))
		i=$((i + 1))
	done
	[ "$seen" -gt 0 ] || { echo "no run came so far"; return 1; }
	exits 0 "$mmsim" run -q -o killed.db small.yaml && is "killed.db" "$(ls killed.db*)"
}
check "kill -9 at $moments moments leaves whole files that say running" killed_at_any_moment

stopped_at_any_moment() {
	i=0
	while [ "$i" -lt "$moments" ]; do
		signal=INT
		status=130
		if [ $((i % 2)) -eq 1 ]; then
			signal=TERM
			status=143
		fi
		rm -f stopped.db*
		"$mmsim" run -q -o stopped.db --trace '*' busy.yaml >out 2>err &
		pid=$!
		sleep "$(moment "$i")"
		kill -"$signal" "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		got=$?
		[ "$got" -eq "$status" ] || [ "$got" -eq 0 ] || { echo "status $got after SIG$signal at $(moment "$i") s"; cat err; return 1; }
		whole stopped.db "stopped finished" || { echo "SIG$signal at $(moment "$i") s"; return 1; }
		if [ -e stopped.db-wal ] || [ -e stopped.db-journal ]; then
			echo "a log is left"
			return 1
		fi
		i=$((i + 1))
	done
}
check "SIGINT and SIGTERM at $moments moments leave complete files" stopped_at_any_moment

compare_is_stopped_at_any_moment() {
	i=0
	while [ "$i" -lt $((moments / 4 + 1)) ]; do
		at=
		[ $((i % 2)) -eq 0 ] || at="--at 1s"
		rm -rf many
		# shellcheck disable=SC2086 # two words or none
		"$mmsim" compare busy.yaml --set vm.dirty_ratio=5,10,20 $at -j 2 -o many --format none >out 2>err &
		pid=$!
		sleep "$(moment "$i")"
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		got=$?
		[ "$got" -eq 143 ] || [ "$got" -eq 0 ] || { echo "status $got"; cat err; return 1; }
		for db in many/*.db; do
			whole "$db" "stopped finished" || { echo "$db, at $(moment "$i") s"; return 1; }
		done
		i=$((i + 1))
	done
}
check "a comparison that is stopped leaves complete files" compare_is_stopped_at_any_moment

# Does something in a folder on a small disk of its own, or says why not.
on_small_disk() { # SIZE COMMAND...
	mkdir -p disk
	if ! mount -t tmpfs -o "size=$1" tmpfs disk 2>/dev/null; then
		echo "skipped: only root can mount a small disk"
		return 0
	fi
	shift
	"$@"
	result=$?
	umount disk
	return "$result"
}

# The run says what is wrong, and what it wrote is whole; or there was no room for a file at all.
run_into_full_disk() {
	exits 3 "$mmsim" run -q -o disk/r.db --trace '*' busy.yaml && says err 'disk is full\|No space left' || return 1
	is 1 "$(grep -c 'mmsim:' err)" || return 1
	whole disk/r.db running
}

a_disk_that_is_full() {
	for size in 16k 64k 300k 1m 2m 3m; do
		on_small_disk "$size" run_into_full_disk || { echo "a disk of $size"; return 1; }
	done
}
check "a full disk is said, and what was written is whole" a_disk_that_is_full

# The messages of its runs go to files on the same disk.
sweep_into_full_disk() {
	exits 3 "$mmsim" sweep small.yaml --set vm.swappiness=5,10 -o disk/s $1 && says err 'No space left' && says err 'ended early; of 2 points' || return 1
	is "" "$(find disk -type f ! -name '*.point' ! -name '*.db')"
}

a_sweep_on_a_full_disk() {
	for size in 48k 200k; do
		on_small_disk "$size" sweep_into_full_disk || return 1
		on_small_disk "$size" sweep_into_full_disk --keep || return 1
	done
}
check "a sweep on a full disk says so, and leaves nothing behind" a_sweep_on_a_full_disk

run_with_figures_into_full_disk() {
	exits 3 "$mmsim" run -o disk/r.db --trace '*' busy.yaml && is 1 "$(grep -c 'mmsim:' err)" && ! says out '^figures'
}

figures_of_a_full_disk() {
	on_small_disk 300k run_with_figures_into_full_disk
}
check "a run that could not be written has no figures" figures_of_a_full_disk

no_torn_picture() {
	exits 3 "$mmsim" plot r.db --chart dirty -o disk/r.svg && says err 'No space left' || return 1
	exits 3 "$mmsim" plot r.db --chart all --format png -o disk && says err 'No space left' || return 1
	is "" "$(ls -A disk)"
}

pictures_on_a_full_disk() {
	"$mmsim" run -q -o r.db small.yaml && on_small_disk 8k no_torn_picture
}
check "no picture is torn on a full disk" pictures_on_a_full_disk

read_only() {
	mount -o remount,ro disk
	exits 3 "$mmsim" run -q -o disk/r.db small.yaml && says err 'Read-only file system' || return 1
	exits 3 "$mmsim" plot r.db --chart dirty -o disk/r.svg && says err 'Read-only file system' || return 1
	exits 3 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,10 -o disk/x && says err 'Read-only file system' || return 1
	is "" "$(ls -A disk)"
}

folders_that_are_read_only() {
	on_small_disk 1m read_only || return 1
	mkdir locked && chmod 555 locked
	[ "$(id -u)" -eq 0 ] && return 0 # root may write there
	exits 3 "$mmsim" run -q -o locked/r.db small.yaml && says err 'Permission denied' && is "" "$(ls -A locked)"
}
check "read-only folders are said, nothing is left" folders_that_are_read_only

# Commands that read results answer a broken file with a word, in no time, and draw nothing.
answered() { # FILE
	for command in "plot $1 --chart dirty --format svg -o broken.svg" "compare r.db $1 --format none" "compare $1 $1 --format none" "report $1 -o broken.html"; do
		rm -f broken.svg broken.html
		# shellcheck disable=SC2086 # words
		timeout 120 "$mmsim" $command >out 2>err </dev/null
		got=$?
		[ "$got" -le 3 ] || { echo "status $got: $command"; cat err; return 1; }
		[ "$got" -eq 0 ] || [ -s err ] || { echo "no word: $command"; return 1; }
		[ "$got" -eq 0 ] && continue
		if [ -e broken.svg ] || [ -e broken.html ]; then
			echo "a picture of nothing: $command"
			return 1
		fi
	done
}

refused_by_all() { # FILE
	for command in plot report compare; do
		second=
		[ $command != compare ] || second=r.db
		# shellcheck disable=SC2086 # a word or none
		exits 2 timeout 120 "$mmsim" $command "$1" $second && says err "mmsim: .*$1" || return 1
	done
}

foreign_files() {
	: >empty.db
	echo 'dear aunt' >letter.db
	head -c 100000 /dev/urandom >noise.db
	sqlite3 foreign.db 'CREATE TABLE run (state); CREATE TABLE vmstat_sample (t_ns)'
	{ printf 'SQLite format 3\000'; head -c 52 /dev/zero; printf 'mmsm'; head -c 4096 /dev/zero; } >header.db
	cp r.db bare.db && sqlite3 bare.db 'DROP VIEW event; DROP TABLE run'
	cp r.db later.db && sqlite3 later.db 'PRAGMA user_version = 4711'
	mkdir folder.db
	ln -s nowhere.db dangling.db
	for f in empty letter noise foreign header bare later folder dangling; do
		refused_by_all $f.db || { echo $f; return 1; }
	done
}
check "files of others are refused with a word" foreign_files

broken_files() {
	size=$(wc -c <r.db)
	i=1
	while [ "$i" -le "$moments" ]; do
		head -c $((size * i / (moments + 1))) r.db >cut.db
		answered cut.db || { echo "cut to $((size * i / (moments + 1))) bytes"; return 1; }
		cp r.db hole.db
		# a page of zeros, of noise; single bytes
		dd if=/dev/zero of=hole.db bs=4096 seek=$((size * i / 4096 / (moments + 1))) count=1 conv=notrunc 2>/dev/null
		answered hole.db || { echo "a hole of zeros, $i"; return 1; }
		dd if=/dev/urandom of=hole.db bs=4096 seek=$((size * i / 4096 / (moments + 1))) count=1 conv=notrunc 2>/dev/null
		answered hole.db || { echo "a page of noise, $i"; return 1; }
		cp r.db bit.db
		printf '\377' | dd of=bit.db bs=1 seek=$((size * i / (moments + 1) + i)) conv=notrunc 2>/dev/null
		answered bit.db || { echo "a byte, $i"; return 1; }
		i=$((i + 1))
	done
}
check "broken files are answered with a word" broken_files

a_log_that_does_not_belong() {
	cp r.db odd.db
	head -c 50000 /dev/urandom >odd.db-wal
	answered odd.db || return 1
	cp r.db odd2.db
	head -c 50000 /dev/urandom >odd2.db-journal
	answered odd2.db || return 1
	is "$(cksum <r.db)" "$(cksum <odd.db)" && is "$(cksum <r.db)" "$(cksum <odd2.db)"
}
check "logs beside a file that do not belong to it do no harm" a_log_that_does_not_belong

exit "$failed"
