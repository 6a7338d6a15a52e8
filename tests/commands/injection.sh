#!/bin/sh
# Texts that would like to be commands, wherever a user can put one: none is run, none reaches the
# terminal as it is, none becomes markup.  22 texts in 9 kinds of places.
# shellcheck disable=SC1091,SC2154,SC2317,SC2086,SC2059 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"
"$mmsim" run -q --trace 'mm_vmscan_*' -o r.db small.yaml
mkdir texts here
# One text a file: they may have lines.
n=0
mark=owned$$ # nobody else's
add() {
	n=$((n + 1))
	printf "$1" | sed "s/pwned/$mark/g" >"texts/$(printf %02d $n)"
}
# shellcheck disable=SC2016,SC2059 # not expanded, that is what they are for
{
	add '`touch pwned`'
	add '$(touch pwned)'
	add '| touch pwned'
	add '< touch pwned'
	add '> pwned'
	add "'; touch pwned; '"
	add "' . system('touch pwned') . '"
	add '"; system("touch pwned"); "'
	add '"\n! touch pwned\n"'
	add "'\n! touch pwned\nset output 'pwned"
	add '$PATH ${HOME} ~root *'
	add '@touch @ARG1 @pwned'
	add "'); DROP TABLE run; --"
	add '"; ATTACH DATABASE "pwned" AS p; --'
	add '<script>alert(1)</script>'
	add '"><img src=x onerror=alert(1)>'
	add ']]></style></title><script>'
	add '&#60;script&#62;'
	add '{/Symbol a}_b^c@~{x}'
	add '%%s%%n%%999999d'
	add '../../pwned'
	add '\033]0;pwned\007\033[2J\r'
}

# Nothing was run, nothing came where it does not belong.
harmless() {
	found=$(find "$work" "$work/.." -maxdepth 2 -name "*$mark*" -newer texts/01 ! -path "$work/../*/*/*" 2>/dev/null | grep -v '/allowed/')
	is "" "$found" || return 1
	if LC_ALL=C grep -q "$(printf '[\033\007\r]')" out err; then
		echo "control characters on the terminal:"
		cat -v out err
		return 1
	fi
}

# Pictures and reports have it as text, if at all.
no_markup() { # FILE...
	if grep -il -e '<script>alert' -e '<img src=x' -e '</style></title><script' "$@" 2>/dev/null; then
		echo "markup"
		return 1
	fi
}

# Each text in turn as $text: the command for it must end with one of these statuses.
each_text() { # STATUSES FUNCTION
	for file in texts/*; do
		text=$(cat "$file")
		"$2" "$text" </dev/null
		got=$?
		case " $1 " in
		*" $got "*) ;;
		*) echo "status $got for $(cat -v "$file")"; cat -v out err; return 1 ;;
		esac
		harmless || { cat -v "$file"; return 1; }
	done
}

# Quoted for YAML: '...' with lines kept out of it by escapes.
yaml_text() {
	printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | awk '{ printf "%s%s", s, $0; s = "\\n" }' | sed "s/$(printf '\033')/\\\\e/g; s/$(printf '\007')/\\\\a/g; s/$(printf '\r')/\\\\r/g")"
}

name_of_a_task() {
	sed "s/name: writer/name: NAME/" small.yaml | awk -v t="$(yaml_text "$1" | sed 's/\\/\\\\/g; s/&/\\\\\&/g')" '{ sub(/NAME/, t) } 1' >here/t.yaml
	"$mmsim" run -o here/x.db here/t.yaml >out 2>err
}
check "names of tasks" each_text 2 name_of_a_task

name_of_a_file() {
	awk -v t="$(yaml_text "$1" | sed 's/\\/\\\\/g; s/&/\\\\\&/g')" '{ sub(/name: log/, "name: " t) } 1' small.yaml >here/t.yaml
	"$mmsim" run -o here/x.db here/t.yaml >out 2>err
}
check "names of files" each_text 2 name_of_a_file

name_of_a_disk() {
	awk -v t="$(yaml_text "$1" | sed 's/\\/\\\\/g; s/&/\\\\\&/g')" '{ sub(/name: sda/, "name: " t) } 1' small.yaml >here/t.yaml
	"$mmsim" run -o here/x.db here/t.yaml >out 2>err
}
check "names of disks" each_text 2 name_of_a_disk

value_of_a_setting() {
	"$mmsim" run -o here/x.db --set "vm.dirty_ratio=$1" small.yaml >out 2>err
	[ $? -eq 2 ] || return 9
	"$mmsim" run -o here/x.db --set "files.log.disk=$1" small.yaml >out 2>err
	[ $? -eq 2 ] || return 9
	"$mmsim" compare small.yaml --set "vm.dirty_ratio=5,$1" -o here/c >out 2>err
	[ $? -eq 2 ] || return 9
	"$mmsim" run -o here/x.db --set "$1=5" small.yaml >out 2>err
}
check "keys and values of --set" each_text 2 value_of_a_setting

words_of_options() {
	"$mmsim" run -o here/x.db --trace "$1" small.yaml >out 2>err
	[ $? -eq 2 ] || [ "$1" = '*' ] || return 9
	"$mmsim" plot r.db --chart "$1" -o here/x.svg >out 2>err
	[ $? -eq 2 ] || return 9
	"$mmsim" explain "$1" >out 2>err
	[ $? -eq 2 ] || return 9
	"$mmsim" "$1" >out 2>err
}
check "words of the command line" each_text 2 words_of_options

question() {
	{ printf '%s' "$1" | tr -d '\033\007\r' | sed 's/^/# /'; echo; tail -n +2 small.yaml; } >here/q.yaml
	"$mmsim" run -q --until 0.2s -o here/q.db here/q.yaml >out 2>err || return
	"$mmsim" plot here/q.db --chart dirty --format svg -o here/q.svg >out 2>err || return
	no_markup here/q.svg || return 9
	"$mmsim" list scenarios >out 2>err
}
check "questions at the head of a scenario" each_text 0 question

path_of_a_scenario() {
	base=$(printf '%s' "$1" | tr '/\n' '__')
	mkdir -p allowed
	cp small.yaml "allowed/$base.yaml"
	(cd allowed && "$mmsim" run --until 0.2s "$base.yaml" >../out 2>../err) || return
	# the name is made of letters, digits and few signs, and stays in its folder
	[ "$(find allowed/results -type f | grep -vc '^allowed/results/[A-Za-z0-9_][A-Za-z0-9._-]*\.db$')" -eq 0 ] || return 9
	db=$(find allowed/results -name '*.db')
	"$mmsim" plot "$db" --chart dirty --format svg >>out 2>>err || return
	no_markup allowed/results/*.svg || return 9
	(cd allowed && "$mmsim" compare "$base.yaml" --set vm.dirty_ratio=5,40 --set duration=200ms --format svg >>../out 2>>../err) || return
	no_markup allowed/results/*/*.svg || return 9
	rm -rf allowed
}
check "paths of scenarios" each_text 0 path_of_a_scenario

path_of_results() {
	base=$(printf '%s' "$1" | tr '/\n' '__')
	mkdir -p "allowed/$base.d"
	"$mmsim" run -q --until 0.2s -o "allowed/$base.db" small.yaml >out 2>err || return
	"$mmsim" plot "allowed/$base.db" --chart dirty --format svg -o "allowed/$base.d" >>out 2>>err || return
	"$mmsim" plot "allowed/$base.db" --chart dirty -o "allowed/$base.png" >>out 2>>err || return
	"$mmsim" compare "allowed/$base.db" r.db -o "allowed/$base.d" --format svg >>out 2>>err || return
	no_markup allowed/*/*.svg || return 9
	rm -rf allowed
}
check "paths of results and pictures" each_text 0 path_of_results

# Results that were made elsewhere may have any text in every column.
texts_in_results() {
	rm -rf here/h here/h.db
	cp r.db here/h.db
	quoted=$(printf '%s' "$1" | sed "s/'/''/g")
	sqlite3 here/h.db "UPDATE run SET scenario = '$quoted', version = '$quoted', digest = '$quoted';
		UPDATE zone_sample SET zone = '$quoted' WHERE zone = 'DMA32';
		UPDATE bdi_sample SET name = '$quoted';
		UPDATE disk_sample SET name = '$quoted';
		UPDATE task_sample SET name = '$quoted' WHERE name = 'writer';
		UPDATE object SET name = '$quoted';
		UPDATE latency SET task = '$quoted', op = '$quoted' WHERE task = 'writer';
		UPDATE tunable SET value = '$quoted' WHERE name = 'vm.dirty_ratio';
		UPDATE tunable SET name = '$quoted' WHERE name = 'vm.swappiness';
		INSERT INTO kernel_log VALUES (0, 3, '$quoted')" || return 9
	"$mmsim" plot here/h.db --chart watermarks --chart latency --chart disk --format svg -o here/h >out 2>err || [ $? -le 2 ] || return
	"$mmsim" plot here/h.db --chart latency --format txt >>out 2>>err || [ $? -le 2 ] || return
	"$mmsim" compare here/h.db r.db -o here/h --format svg >>out 2>>err || [ $? -le 2 ] || return
	"$mmsim" compare here/h.db r.db -o here/h --format none --json >>out 2>>err || [ $? -le 2 ] || return
	if "$mmsim" report --help >/dev/null 2>&1; then
		"$mmsim" report here/h.db -o here/h/report.html >>out 2>>err || [ $? -le 2 ] || return
	fi
	no_markup here/h/*
}
check "texts in results that others made" each_text 0 texts_in_results

names_in_results() {
	rm -rf here/h here/h.db
	cp r.db here/h.db
	quoted=$(printf '%s' "$1" | sed 's/"/""/g')
	sqlite3 here/h.db "ALTER TABLE vmstat_sample RENAME COLUMN nr_dirty TO \"$quoted\"; CREATE TABLE \"$quoted\" (t_ns, name)" || return 9
	"$mmsim" plot here/h.db --chart dirty --format svg -o here/h >out 2>err || [ $? -le 2 ] || return
	"$mmsim" compare here/h.db r.db -o here/h --format none >>out 2>>err || [ $? -le 2 ] || return
	return 0
}
check "names of columns and tables in results that others made" each_text 0 names_in_results

exit "$failed"
