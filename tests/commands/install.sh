#!/bin/sh
# make install, the manual page, completion of shells, the Debian package.
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"
build=$(dirname "$mmsim")

# What is built is taken as it is: others may be changing the sources.
install_into() { # DESTDIR PREFIX
	make -s -C "$tree" install BUILD="$build" DESTDIR="$1" PREFIX="$2" >/dev/null
}

everything_lies_below_destdir_and_prefix() {
	install_into "$work/root" /opt/mmsim || return 1
	for f in bin/mmsim bin/mmsim-collect-machine share/man/man1/mmsim-collect-machine.1 share/man/man1/mmsim.1 share/bash-completion/completions/mmsim share/zsh/vendor-completions/_mmsim \
		share/mmsim/plot/sheet.gp share/mmsim/scenarios/demo.yaml share/mmsim/scenarios/machines/m4g-2n4c.yaml \
		share/mmsim/scenarios/tutorial/01-watermarks.yaml; do
		[ -f "root/opt/mmsim/$f" ] || { echo "$f is not there"; return 1; }
	done
	is opt "$(ls root)" && is mmsim "$(ls root/opt)"
}
check "everything lies below DESTDIR and PREFIX" everything_lies_below_destdir_and_prefix

what_is_installed_works_where_it_lies() {
	exits 0 root/opt/mmsim/bin/mmsim list scenarios --json && says out "$work/root/opt/mmsim/share/mmsim/scenarios/demo.yaml" || return 1
	exits 0 root/opt/mmsim/bin/mmsim run -q -o r.db small.yaml && exits 0 root/opt/mmsim/bin/mmsim report r.db || return 1
	exits 0 root/opt/mmsim/bin/mmsim plot r.db --chart dirty --format txt || return 1
	for s in root/opt/mmsim/share/mmsim/scenarios/*.yaml root/opt/mmsim/share/mmsim/scenarios/tutorial/*.yaml; do
		line=$(sed -n 's/^# yaml-language-server: \$schema=\(.*\)$/\1/p' "$s")
		[ -f "$(dirname "$s")/$line" ] || { echo "$s: $line"; return 1; }
	done
}
check "what is installed works where it lies" what_is_installed_works_where_it_lies

the_installed_collector_collects() {
	exits 0 root/opt/mmsim/bin/mmsim-collect-machine --help && says out '^ *.*/mmsim-collect-machine --watch 60s DIR' || return 1
	! grep -q 'scripts/collect-machine' out || { cat out; return 1; }
	[ -r /proc/zoneinfo ] || { echo "left out: no /proc/zoneinfo here"; return 0; }
	exits 0 root/opt/mmsim/bin/mmsim-collect-machine mine && says out 'mmsim import mine' || return 1
	exits 0 root/opt/mmsim/bin/mmsim import mine -o mine.yaml
}
check "collect-machine is installed, and works" the_installed_collector_collects

everything_goes_again() {
	make -s -C "$tree" uninstall BUILD="$build" DESTDIR="$work/root" PREFIX=/opt/mmsim || return 1
	is "" "$(find root -type f)"
}
page=root/opt/mmsim/share/man/man1/mmsim.1
cp "$page" page.1
cp root/opt/mmsim/share/man/man1/mmsim-collect-machine.1 collect.1
cp root/opt/mmsim/share/bash-completion/completions/mmsim bash.sh
cp root/opt/mmsim/share/zsh/vendor-completions/_mmsim zsh.sh
check "make uninstall leaves no file" everything_goes_again

the_manual_page_has_every_command_and_option() {
	"$mmsim" list options --json | sed -n 's/^  "name": "--\(.*\)",$/\1/p' | sort -u | sed 's/-/\\-/g' >names
	while IFS= read -r n; do
		grep -q -F -e "\\-\\-$n" page.1 || { echo "--$n is not there"; return 1; }
	done <names
	for c in $("$mmsim" list commands --json | sed -n 's/^  "name": "\(.*\)",$/\1/p'); do
		says page.1 "^.SS mmsim $c" || return 1
	done
	says page.1 'mmsim\\-collect\\-machine' && says collect.1 '\\-\\-watch' || return 1
	! command -v mandoc >/dev/null || is "" "$(mandoc -Tlint page.1 collect.1)"
}
check "the manual page has every command and option" the_manual_page_has_every_command_and_option

completed() { # WORD...: what bash offers for the last one
	bash -c '. ./bash.sh 2>/dev/null; shopt -s progcomp; compopt() { :; }
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mmsim; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

bash_completes_commands_options_and_names() {
	bash -n bash.sh || return 1
	is "compare" "$(completed mmsim com)" && is "sweep" "$(completed mmsim sw)" && is "--sort" "$(completed mmsim sweep --so)" || return 1
	is "--chart" "$(completed mmsim plot --ch)" || return 1
	is "watermarks" "$(completed mmsim plot r.db --chart waterm)" || return 1
	is "png" "$(completed mmsim plot --format pn)" || return 1
	is "vm.dirty_ratio=" "$(completed mmsim run small.yaml --set vm.dirty_rat)" || return 1
	is "tunables" "$(completed mmsim list tun)" || return 1
	is "vm.swappiness" "$(completed mmsim explain vm.swapp)" || return 1
	is "sample" "$(completed mmsim run --check = sam)" || return 1
	is "small.yaml" "$(completed mmsim check sma)"
}
check "bash completes commands, options and names" bash_completes_commands_options_and_names

zsh_understands_its_completion() {
	for c in run plot report explain; do says zsh.sh "^$c)" || return 1; done
	says zsh.sh '^#compdef mmsim' || return 1
	! command -v zsh >/dev/null || zsh -n zsh.sh
}
check "zsh understands its completion" zsh_understands_its_completion

# Builds the package with these settings; it is $deb then.
package() { # NAME=VALUE...
	deb=$(cd "$tree" && env -u DEBFULLNAME -u DEBEMAIL -u EMAIL "$@" scripts/packaging/deb "$build" 2>"$work/err") && [ -f "$deb" ]
}

lintian_accepts_the_package() {
	command -v dpkg-shlibdeps >/dev/null || { echo "left out: dpkg-dev is not there"; return 0; }
	package DEBFULLNAME=A DEBEMAIL=a@debian.org && cp "$deb" one.deb || return 1
	package DEBFULLNAME=A DEBEMAIL=a@debian.org && cmp one.deb "$deb" || return 1
	package GIT_DIR=/nonexistent GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 && cp "$deb" nobody.deb || return 1
	command -v lintian >/dev/null || { echo "left out: lintian is not there"; return 0; }
	lintian --allow-root --fail-on error,warning one.deb nobody.deb
}

the_packager_is_named() {
	command -v dpkg-shlibdeps >/dev/null || { echo "left out: dpkg-dev is not there"; return 0; }
	package DEBFULLNAME="Ada O'Neil" DEBEMAIL=ada@lovelace.name || return 1
	is "Ada O'Neil <ada@lovelace.name>" "$(dpkg-deb -f "$deb" Maintainer)" || return 1
	dpkg-deb -c "$deb" >list && says list ' ./usr/bin/mmsim-collect-machine$' &&
		says list ' ./usr/share/man/man1/mmsim-collect-machine.1.gz$' || return 1
	# git's settings where the environment has none, and nobody where git has none either
	git='GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=José GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=jose@host.org'
	if command -v git >/dev/null; then
		# shellcheck disable=SC2086 # words
		package $git && is "José <jose@host.org>" "$(dpkg-deb -f "$deb" Maintainer)" && is "" "$(cat err)" || return 1
		# shellcheck disable=SC2086 # words
		package $git EMAIL=j@work.org && is "José <j@work.org>" "$(dpkg-deb -f "$deb" Maintainer)" || return 1
	fi
	package GIT_DIR=/nonexistent GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 || return 1
	is "unnamed packager <nobody@example.org>" "$(dpkg-deb -f "$deb" Maintainer)" && says err 'note: who packages it is not known' || return 1
	for wrong in DEBEMAIL='a/b;c' DEBEMAIL=a DEBEMAIL=a@b@c DEBFULLNAME='A <b>' DEBFULLNAME='A|B'; do
		(cd "$tree" && env "$wrong" scripts/packaging/deb "$build") >/dev/null 2>err
		is 2 "$?" && says err accepted || return 1
	done
}
check "who packages it is named in the package" the_packager_is_named
check "a Debian package is built twice alike, and lintian accepts it" lintian_accepts_the_package

exit "$failed"
