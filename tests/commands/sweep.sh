#!/bin/sh
# mmsim sweep: every point once, whoever runs it and in whatever order, and the same database in the end.
# shellcheck disable=SC1091,SC2154,SC2317,SC2046 # lib.sh gives names; check calls the functions; $(grid) is words
tools=$(dirname "$(realpath "${1:?usage: $0 MMSIM}")")/tools
. "$(dirname "$0")/lib.sh"

# A reader that draws its blocks: a run is some milliseconds.
cat >quick.yaml <<'YAML'
# What does the gap between the watermarks cost a reader?
mmsim: 1
duration: 700 ms
machine: { nodes: [{ cpus: 1, memory: 40 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: data, disk: sda, size: 100 MiB }]
tasks: [{ name: reader, do: [{ read: { file: data, pattern: random, block: 4 KiB, count: 1000000 } }] }]
YAML
grid() {
	echo --set vm.watermark_scale_factor=10,100,900 --set vm.swappiness=10,60
}

nr_points() { # FOLDER
	find "$1/points" -name '*.point' | wc -l
}

every_point_is_a_run() {
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o all -j 3 || return 1
	says out '^points     6: 6 run now, 0 were there$' && says out '^by reader, the highest first$' || return 1
	is 6 "$(nr_points all)" && is "points quick.sweep.db" "$(cd all && echo *)" || return 1
	is "6 6 6 1" "$(sql all/quick.sweep.db "SELECT points || ' ' || done || ' ' || combinations || ' ' || seeds FROM sweep")" || return 1
	is 1835889527 "$(sql all/quick.sweep.db 'PRAGMA application_id')" && is 1 "$(sql all/quick.sweep.db 'PRAGMA user_version')" || return 1
	# a point is the run with its settings
	exits 0 "$mmsim" run -q -o single.db --set vm.watermark_scale_factor=100 --set vm.swappiness=60 quick.yaml || return 1
	is "$(sql single.db 'SELECT digest FROM run')" "$(sql all/quick.sweep.db 'SELECT digest FROM point WHERE point = 4')" || return 1
	# the same figures as of a comparison
	exits 0 "$mmsim" compare quick.yaml $(grid) -o compared --format none --csv && cut -d , -f 1-3,5 out | sort >wanted || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o all --csv && cut -d , -f 1-3,5 out | sort >found || return 1
	cmp wanted found
}
check "every point is a run, and has its figures" every_point_is_a_run

what_is_there_is_not_run_again() {
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o all && says out '6: 0 run now, 6 were there' || return 1
	cp -r all more
	exits 0 "$mmsim" sweep quick.yaml --set vm.watermark_scale_factor=10,100,500,900 --set vm.swappiness=10,60 -o more &&
		says out '8: 2 run now, 6 were there' || return 1
	# another scenario, another end, another seed: others
	sed "s/4 KiB/8 KiB/" quick.yaml >other.yaml
	exits 0 "$mmsim" sweep other.yaml $(grid) -o more && says out '6: 6 run now' || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) --until 100ms -o more && says out '6: 6 run now' || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) --seed 7 -o more && says out '6: 6 run now' || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o more && says out '6: 0 run now' && cmp all/quick.sweep.db more/quick.sweep.db
}
check "what is there is not run again" what_is_there_is_not_run_again

what_is_damaged_is_run_again() {
	cp -r all damaged
	set -- damaged/points/*.point
	sed -i 's/^figure	reader	.*/figure	reader	bytes\/s	1/' "$1"
	: >"$2"
	rm "$3"
	exits 1 "$mmsim" sweep quick.yaml $(grid) -o damaged --merge && says err '3 of 6 points are missing' || return 1
	is "3 3" "$(sql damaged/quick.sweep.db "SELECT (SELECT done FROM sweep) || ' ' || count(*) FROM point WHERE state = 'missing'")" || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o damaged && says out '6: 3 run now, 3 were there' && cmp all/quick.sweep.db damaged/quick.sweep.db
}
check "what is damaged is run again" what_is_damaged_is_run_again

order_does_not_count() {
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o one -j 1 --quiet && cmp all/quick.sweep.db one/quick.sweep.db || return 1
	for i in 3 1 4 2; do
		exits 0 "$mmsim" sweep quick.yaml $(grid) -o shares --share "$i/4" && [ ! -e shares/quick.sweep.db ] || return 1
	done
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o shares --merge && cmp all/quick.sweep.db shares/quick.sweep.db || return 1
	# where the scenario lies does not count either
	mkdir -p elsewhere && cp quick.yaml elsewhere/
	exits 0 "$mmsim" sweep "$PWD/elsewhere/quick.yaml" $(grid) -o elsewhere -j 2 && cmp all/quick.sweep.db elsewhere/quick.sweep.db || return 1
	exits 0 sh -c "\"$mmsim\" sweep - $(grid) -o piped <quick.yaml" &&
		is "$(sql all/quick.sweep.db 'SELECT digest FROM sweep')" "$(sql piped/stdin.sweep.db 'SELECT digest FROM sweep')"
}
check "the order of the runs does not count" order_does_not_count

a_sample_is_drawn_by_the_seed() {
	big() { echo --set "vm.watermark_scale_factor=$(seq -s , 10 300)" --set "vm.swappiness=$(seq -s , 0 100)"; }
	exits 0 "$mmsim" sweep quick.yaml $(big) --sample 5 -o sample --until 10ms && says out '5: 5 run now' || return 1
	exits 0 "$mmsim" sweep quick.yaml $(big) --sample 5 -o sample --until 10ms && says out '5: 0 run now' || return 1
	is "29391 5" "$(sql sample/quick.sweep.db "SELECT grid || ' ' || combinations FROM sweep")" || return 1
	sql sample/quick.sweep.db 'SELECT key, value FROM setting' >first
	exits 0 "$mmsim" sweep quick.yaml $(big) --sample 5 --seed 2 -o sample --until 10ms || return 1
	sql sample/quick.sweep.db "SELECT key, value FROM setting WHERE key <> 'seed'" >second
	! cmp -s first second
}
check "a sample is drawn by the seed" a_sample_is_drawn_by_the_seed

the_best_is_told_apart() {
	sed 's/pattern: random/pattern: sequential/' quick.yaml >still.yaml # no chance in it
	exits 0 "$mmsim" sweep still.yaml --set queue.sda.read_ahead_kb=0,64,1024 --seeds 4 --sort reader -o still || return 1
	says out '^4 seeds each; all others differ significantly from the best' || return 1
	! says out 'by chance'
}
check "a best that differs from all others is not called chance" the_best_is_told_apart

seeds_tell_the_best_from_others_like_it() {
	exits 0 "$mmsim" sweep quick.yaml --seeds 6 --set machine.disks.sda.preset=ssd,hdd --set vm.swappiness=10,60 -o seeds || return 1
	says out '^   1 .* best' && says out 'no significant difference' && says out '-9[89].* differs$' || return 1
	is "24 24" "$(sql seeds/quick.sweep.db "SELECT count(*) || ' ' || count(DISTINCT seed) FROM point")" || return 1
	exits 0 "$mmsim" sweep quick.yaml --seeds 6 --set machine.disks.sda.preset=ssd,hdd --set vm.swappiness=10,60 -o seeds --json || return 1
	is "1|best|6|hdd" "$(sqlite3 :memory: "SELECT json_extract(j, '\$.combinations[0].rank') || '|' ||
		json_extract(j, '\$.combinations[0].figures.reader.verdict') || '|' || json_extract(j, '\$.combinations[0].figures.reader.n') || '|' ||
		json_extract(j, '\$.combinations[3].set.\"machine.disks.sda.preset\"') FROM (SELECT readfile('out') AS j)")" || return 1
	is "4" "$(sql seeds/quick.sweep.db "SELECT count(*) FROM summary WHERE figure = 'reader' AND n = 6 AND least <= mean AND mean <= greatest AND \"vm.swappiness\" IN ('10', '60')")" || return 1
	# more seeds: those that are there stay
	exits 0 "$mmsim" sweep quick.yaml --seeds 7 --set machine.disks.sda.preset=ssd,hdd --set vm.swappiness=10,60 -o seeds && says out '28: 4 run now, 24 were there' || return 1
	# a grid that grows keeps its seeds
	exits 0 "$mmsim" sweep quick.yaml --seeds 6 --set machine.disks.sda.preset=ssd,hdd --set vm.swappiness=10,30,60 -o seeds && says out '36: 12 run now, 24 were there'
}
check "seeds tell the best from others like it" seeds_tell_the_best_from_others_like_it

figures_can_be_chosen() {
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o all --sort 'reader read p99' --sort reader:asc --top 2 || return 1
	says out '^by reader read p99, the lowest first$' && says out '^rank .*reader read p99 (.*reader (MiB/s)' && says out '^\.\.\. 4 more: --top 0' || return 1
	is "reader read p99|0" "$(sql all/quick.sweep.db 'SELECT sort, descending FROM sweep')" || return 1
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o all --sort 'dirty max:desc' && says out 'by dirty max, the highest first' || return 1
	exits 2 "$mmsim" sweep quick.yaml $(grid) -o none --sort raeder && says err 'did you mean' && [ ! -e none ] || return 1
	# of a task, but none that a run comes to
	exits 2 "$mmsim" sweep quick.yaml $(grid) -o all --sort 'reader raed p99' && says err 'did you mean "reader read p99"' && [ -s all/quick.sweep.db ]
}
check "what is ranked by can be chosen" figures_can_be_chosen

what_is_wrong_is_found_first() {
	exits 2 "$mmsim" sweep quick.yaml -o none && says err 'nothing to sweep' || return 1
	exits 2 "$mmsim" sweep quick.yaml --set vm.dirty_ratio=5,500 -o none && says err '500 is out of range; accepted: 0..100' || return 1
	exits 2 "$mmsim" sweep quick.yaml --set vm.dirty_ratoi=5,50 -o none && says err 'did you mean "vm.dirty_ratio"' || return 1
	for wrong in "--share 3/2" "--share 0/2" "--share 1" "--seeds 2" "--sample 0" "--chunk 5" "-j 0" "--merge --slurm" "--csv --json" "--share 7/7"; do
		# shellcheck disable=SC2086 # several words
		exits 2 "$mmsim" sweep quick.yaml $(grid) -o none $wrong && says err 'accepted\|is for\|there are 6 points' || return 1
	done
	exits 2 "$mmsim" sweep quick.yaml --seeds 4 --set seed=1,2 -o none && says err 'several values of "seed"' || return 1
	exits 2 "$mmsim" sweep quick.yaml $(grid) none.yaml -o none || return 1
	exits 2 sh -c "\"$mmsim\" sweep - --slurm $(grid) -o none <quick.yaml" || return 1
	for engine in --slurm --parallel; do
		exits 3 sh -c "mkdir gone && cd gone && rmdir ../gone && \"$mmsim\" sweep '$work/quick.yaml' $engine $(grid) -o '$work/away'" &&
			says err 'the present folder has no name' || return 1
	done
	exits 2 "$mmsim" sweep quick.yaml --set vm.swappiness="$(seq -s , 0 100)" --set vm.dirty_ratio="$(seq -s , 1 100)" \
		--set vm.watermark_scale_factor="$(seq -s , 10 300)" -o none && says err 'accepted: 100000 points' || return 1
	echo mine >mine && mkdir -p there && cp mine there/quick.sweep.db
	exits 2 "$mmsim" sweep quick.yaml $(grid) -o there --until 1ms && says err 'was not made by mmsim' && cmp mine there/quick.sweep.db || return 1
	[ ! -e none ]
}
check "what is wrong is found first, and nothing written" what_is_wrong_is_found_first

failures_are_results() {
	{ cat quick.yaml; printf 'expect:\n  - max(nr_free_pages) < 10000\n  - never: oom_kill\n'; } >expects.yaml
	exits 1 "$mmsim" sweep expects.yaml --set machine.nodes.0.memory=64MiB,40MiB -o failed || return 1
	says out 'failed$' && says out ' yes$' && says err '1 of 2 points failed' || return 1
	is "0 1" "$(sql failed/expects.sweep.db "SELECT (SELECT group_concat(failures, ' ') FROM point WHERE failures = 0) || ' ' || count(*) FROM expectation WHERE passed = 0 AND text LIKE 'max(nr_free_pages) < 10000: %'")" || return 1
	# and they are not run again, either
	exits 1 "$mmsim" sweep expects.yaml --set machine.nodes.0.memory=64MiB,40MiB -o failed && says out '2: 0 run now'
}
check "failures are results, and exit 1" failures_are_results

what_cannot_be_run_is_told() {
	sed 's/preset: ssd/preset: ssd, size: 4 GiB/' quick.yaml >sizes.yaml
	exits 1 "$mmsim" sweep sizes.yaml --set machine.disks.sda.size=4GiB,1GiB --set files.data.size=100MiB,2GiB -o sizes || return 1
	says err 'cannot be run: machine.disks.sda.size 1GiB, files.data.size 2GiB:' && says err 'does not fit on disk' || return 1
	is "1" "$(sql sizes/sizes.sweep.db "SELECT count(*) FROM point WHERE state = 'refused' AND error LIKE '%does not fit%'")" && is 3 "$(sql sizes/sizes.sweep.db "SELECT count(*) FROM point WHERE state = 'finished'")"
}
check "what cannot be run is told, the others run" what_cannot_be_run_is_told

# Some points are there, and some are not.
begun() { # FOLDER
	[ "$(nr_points "$1" 2>/dev/null)" -ge 3 ]
}

many() {
	echo --set vm.watermark_scale_factor="$(seq -s , 10 17 401)" --set vm.swappiness=10,60 # 48 points
}

what_was_ended_goes_on() {
	"$mmsim" sweep quick.yaml $(many) -o int -j 2 >out 2>err &
	pid=$!
	wait_until begun int || { kill -KILL "$pid"; return 1; }
	kill -TERM "$pid"
	wait "$pid"
	is 143 $? && says err 'ended early; of 48 points [0-9]* are done' || return 1
	is "" "$(find int -type f ! -name '*.point')" && [ "$(nr_points int)" -lt 48 ] || return 1
	# killed: what it leaves goes away
	"$mmsim" sweep quick.yaml $(many) -o int -j 2 >out 2>err &
	pid=$!
	n=$(nr_points int)
	wait_until sh -c "[ \$(find int/points -name '*.point' | wc -l) -gt $n ]" || { kill -KILL "$pid"; return 1; }
	kill -KILL "$pid"
	wait "$pid"
	# the runs that it had begun end by themselves
	wait_until sh -c "! find int/points -name '*.err' | grep ." || return 1
	echo >"int/points/0123456789abcdef-$(uname -n | tr -c 'A-Za-z0-9._\n-' _)-999999999.db"
	exits 0 "$mmsim" sweep quick.yaml $(many) -o int || return 1
	exits 0 "$mmsim" sweep quick.yaml $(many) -o whole && cmp int/quick.sweep.db whole/quick.sweep.db || return 1
	is "" "$(find int -type f ! -name '*.point' ! -name '*.sweep.db')"
}
check "what was ended goes on" what_was_ended_goes_on

two_are_there() {
	[ "$(find long -name '*.db' | wc -l)" -eq 2 ]
}

ctrl_c_exits_130() {
	# a shell starts what runs in the background with SIGINT ignored; env gives it back
	setsid env --default-signal=INT "$mmsim" sweep long.yaml --set vm.dirty_ratio=5,10 -o long -j 2 >out 2>err &
	pid=$!
	wait_until two_are_there || { kill -KILL "$pid"; return 1; }
	# a terminal sends it to all of them, and the first process sends it on
	kill -INT "-$pid"
	wait "$pid"
	is 130 $? && says err 'of 2 points 0 are done' && is "" "$(find long -type f)" || return 1
	setsid env --default-signal=INT "$mmsim" compare long.yaml --set vm.dirty_ratio=5,10 -o long -j 2 --format none >out 2>err &
	pid=$!
	wait_until two_are_there || { kill -KILL "$pid"; return 1; }
	kill -INT "-$pid"
	wait "$pid"
	is 130 $? && is "stopped stopped" "$(for db in long/*.db; do sql "$db" 'SELECT state FROM run'; done | tr '\n' ' ' | sed 's/ $//')"
}
check "Ctrl-C exits 130 and leaves whole points only" ctrl_c_exits_130

results_can_be_kept() {
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o kept --keep || return 1
	is 6 "$(find kept/points -name '*.db' | wc -l)" || return 1
	key=$(sql kept/quick.sweep.db 'SELECT key FROM point WHERE point = 4')
	is "$(sql single.db 'SELECT digest FROM run')" "$(sql "kept/points/$key.db" 'SELECT digest FROM run')" || return 1
	rm "kept/points/$key.db"
	exits 0 "$mmsim" sweep quick.yaml $(grid) -o kept --keep && says out '6: 1 run now'
}
check "the whole results can be kept" results_can_be_kept

pictures_are_drawn() {
	exits 0 "$mmsim" sweep quick.yaml --seeds 4 --set vm.watermark_scale_factor=10,100,900 -o curve || return 1
	exits 0 "$mmsim" plot curve/quick.sweep.db && says curve/quick.sweep-reader.svg '95 % interval' && says curve/quick.sweep-reader.svg watermark_scale_factor || return 1
	exits 0 "$mmsim" plot curve/quick.sweep.db --format txt --figure 'reader read p99' && says out 'reader read p99' && says out '900' || return 1
	exits 0 "$mmsim" plot all/quick.sweep.db --figure reader --figure 'dirty max' -o pics/ --format png && [ -s pics/quick.sweep-reader.png ] && [ -s pics/quick.sweep-dirty_max.png ] || return 1
	exits 0 "$mmsim" plot all/quick.sweep.db --figure reader --format txt && says out 'vm.swappiness 60' || return 1
	exits 0 "$mmsim" plot all/quick.sweep.db --figure reader --where vm.swappiness=60 -o where.svg && says where.svg 'vm.swappiness 60' || return 1
	exits 2 "$mmsim" plot all/quick.sweep.db --where vm.swappiness=61 && says err 'accepted: 10, 60' || return 1
	exits 2 "$mmsim" plot all/quick.sweep.db --where vm.swapiness=61 && says err 'accepted: vm.watermark_scale_factor, vm.swappiness' || return 1
	exits 2 "$mmsim" plot all/quick.sweep.db --figure raeder && says err 'did you mean "reader"' || return 1
	exits 2 "$mmsim" plot all/quick.sweep.db --chart dirty && exits 2 "$mmsim" plot single.db --figure reader || return 1
	exits 0 "$mmsim" sweep quick.yaml --until 1ms --set vm.swappiness=1,2 --set vm.dirty_ratio=11,12 --set vm.watermark_scale_factor=10,20 --set vm.dirty_background_ratio=1,2 -o four || return 1
	exits 2 "$mmsim" plot four/quick.sweep.db --figure reader && says err '4 keys vary; accepted: up to 3; --where' || return 1
	exits 0 "$mmsim" plot four/quick.sweep.db --figure reader --where vm.swappiness=1 -o four.svg && says four.svg 'vm.dirty_background_ratio 2'
	exits 2 "$mmsim" report all/quick.sweep.db && says err 'but a sweep' || return 1
	# beside the runs of a comparison it does no harm
	cp all/quick.sweep.db compared/ && exits 0 "$mmsim" report compared && ! says compared/report.html 'quick.sweep'
}
check "a sweep is drawn" pictures_are_drawn

# SQL CODE: what has been changed in a database is drawn, or refused, and no more
changed() {
	cp curve/quick.sweep.db changed.db && sqlite3 changed.db "$1" && exits "$2" "$mmsim" plot changed.db --figure reader --format txt
}

a_database_from_anybody_does_no_harm() {
	changed "UPDATE figure SET value = 9e999" 2 && says err 'nothing to draw' || return 1
	changed "UPDATE setting SET point = -1" 2 && changed "DROP TABLE setting" 2 && changed "DELETE FROM axis_value" 2 || return 1
	changed "UPDATE axis_value SET number = 9e999" 0 && changed "UPDATE figure SET value = -1e18" 0 || return 1
	changed "UPDATE axis SET key = 'a\"; system \"touch there-now' WHERE varies" 2 || return 1
	changed "UPDATE sweep SET scenario = 'a\"; system \"touch there-now', seeds = char(9)" 0 && [ ! -e there-now ] || return 1
	changed "PRAGMA user_version = 99" 2 && says err 'later version'
}
check "a database from anybody does no harm" a_database_from_anybody_does_no_harm

tables_are_documented() {
	exits 0 "$mmsim" schema --sweep && sqlite3 schema.db <out || return 1
	is "$(sqlite3 schema.db "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type <> 'index' ORDER BY name)")" \
		"$(sql all/quick.sweep.db "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type <> 'index' ORDER BY name)")" || return 1
	is "$(sed -n 's/^# What/What/p' quick.yaml)" "$(sql all/quick.sweep.db 'SELECT text FROM scenario_file' | sed -n 's/^# //p')"
}
check "the tables are documented, and have the scenario" tables_are_documented

# ---- engines ----

# What a shell could take for something else, in a path and in a value.
mkdir -p "it's a folder"
cp quick.yaml "it's a folder/x \$y.yaml"
hard() { # ARGUMENT...
	"$mmsim" sweep "it's a folder/x \$y.yaml" --set 'vm.dirty_bytes=8 MiB,16 MiB' --set vm.swappiness=10,60 --seeds 4 --until 100ms "$@"
}

each_task_is_a_share() {
	exits 0 hard -o "in here/one" && exits 0 hard -o "in here/array" --slurm --chunk 3 || return 1
	is "0-5" "$(sed -n 's/^#SBATCH --array=//p' "in here/array/sweep.sbatch")" || return 1
	# as Slurm does: a copy of the script, in the order it likes
	for i in 4 0 5 2 1 3; do
		(cd / && SLURM_ARRAY_TASK_ID=$i SLURM_CPUS_PER_TASK=1 sh "$work/in here/array/sweep.sbatch") || return 1
	done
	exits 0 hard -o "in here/array" --merge && cmp "in here/one/x__y.sweep.db" "in here/array/x__y.sweep.db" || return 1
	# submitted twice, nothing is done
	(cd / && SLURM_ARRAY_TASK_ID=0 sh "$work/in here/array/sweep.sbatch") && exits 0 hard -o "in here/array" && says out '16: 0 run now'
}
check "each task of a job array is a share" each_task_is_a_share

if parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	gnu_parallel_runs_the_shares() {
		exits 0 hard -o "in here/one" && exits 0 hard -o "in here/lines" --parallel --chunk 3 || return 1
		HOME=$work parallel --will-cite -j 3 --joblog joblog -a "in here/lines/sweep.joblist" >out 2>err </dev/null || { cat out err; return 1; }
		is 6 "$(awk 'NR > 1 && $7 == 0' joblog | wc -l)" || return 1
		exits 0 hard -o "in here/lines" --merge && cmp "in here/one/x__y.sweep.db" "in here/lines/x__y.sweep.db"
	}
	check "GNU parallel runs the shares" gnu_parallel_runs_the_shares
else
	skip "GNU parallel runs the shares" "there is no GNU parallel"
fi

# A cluster of this machine alone, of packages that are unpacked and never installed: slurmctld and slurmd are services.
slurm=$tools/slurm
get_slurm() {
	[ -x "$slurm/usr/sbin/slurmd-wlm" ] && return 0 # what is unpacked last
	command -v apt-get >/dev/null 2>&1 || return 1
	mkdir -p debs "$slurm" && (cd debs && apt-get download -qq slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge libmunge2 \
		libhwloc15 libjson-c5 liblua5.1-0 >/dev/null 2>&1 && for d in *.deb; do dpkg-deb -x "$d" "$slurm" || exit 1; done) &&
		[ -x "$slurm/usr/sbin/slurmd-wlm" ]
}

start_slurm() {
	port=$((20000 + $$ % 20000))
	LD_LIBRARY_PATH=$(find "$slurm" -name '*.so*' -printf '%h\n' | sort -u | tr '\n' ':')
	SLURM_CONF=$work/slurm/slurm.conf
	export LD_LIBRARY_PATH SLURM_CONF
	mkdir -p slurm/state slurm/spool
	head -c 1024 /dev/urandom >slurm/munge.key && chmod 600 slurm/munge.key
	cat >slurm/slurm.conf <<CONF
ClusterName=mmsim
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/slurm/munge.socket
PluginDir=$(dirname "$(find "$slurm" -name auth_munge.so)")
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/spool
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/slurmd.pid
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/slurmd.log
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1,defer_batch
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 RealMemory=500 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
	d=$work/slurm
	"$slurm/usr/sbin/munged" --force --socket="$d/munge.socket" --key-file="$d/munge.key" --log-file="$d/munged.log" \
		--pid-file="$d/munged.pid" --seed-file="$d/munge.seed" >munge.log 2>&1 &&
		"$slurm/usr/sbin/slurmctld-wlm" >ctld.log 2>&1 && "$slurm/usr/sbin/slurmd-wlm" -N localhost -d "$slurm/usr/sbin/slurmstepd-wlm" >slurmd.log 2>&1 &&
		wait_until sh -c "timeout 5 '$slurm/usr/bin/sinfo' -h | grep -q idle"
}

stop_slurm() {
	for p in slurmd slurmctld munged; do
		[ -s "slurm/$p.pid" ] || continue
		service=$(cat "slurm/$p.pid")
		kill "$service" 2>/dev/null
		wait_until sh -c "! kill -0 $service 2>/dev/null || grep -q '^State:.*Z' /proc/$service/status" || kill -KILL "$service"
	done
	return 0
}

queue_is_empty() {
	[ -z "$(timeout 10 "$slurm/usr/bin/squeue" -h -j "$job" 2>/dev/null)" ]
}

slurm_runs_the_shares() {
	exits 0 hard -o "in here/one" && exits 0 hard -o "in here/slurm" --slurm --chunk 4 || return 1
	start_slurm || { cat ./*.log slurm/*.log; stop_slurm; return 1; }
	job=$("$slurm/usr/bin/sbatch" --parsable "in here/slurm/sweep.sbatch") && wait_until queue_is_empty
	submitted=$?
	stop_slurm
	[ "$submitted" -eq 0 ] || { tail -n 20 slurm/*.log; return 1; }
	exits 0 hard -o "in here/slurm" --merge && cmp "in here/one/x__y.sweep.db" "in here/slurm/x__y.sweep.db"
}
if [ "$(id -u)" -ne 0 ]; then
	skip "Slurm runs the shares" "a cluster for a test is started by root"
elif ! get_slurm; then
	skip "Slurm runs the shares" "its packages cannot be fetched"
else
	check "Slurm runs the shares" slurm_runs_the_shares
fi

exit "$failed"
