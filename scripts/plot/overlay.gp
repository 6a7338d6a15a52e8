# overlay.gp - a real kernel and its simulation laid over each other
#
#   gnuplot -d -c overlay.gp WIDTH HEIGHT OUTPUT
#
# The data lies in the present folder, as for sheet.gp:
#
#   sheet.tsv       title, label of the time axis, subtitle
#   panels.tsv      a row per panel: title, label of the value axis, lowest and highest value, last time,
#                   "line" or "points", how many limits
#   p1-real.tsv     time, value; an empty row ends a stretch
#   p1-sim.tsv      the same
#   p1-limit-1.tsv  label, then rows: time, value
#
# The real kernel is a broad pale line, or pale circles; the simulation a thin dark line, or dots, on top:
# both can be seen where they agree.

width = int(ARG1)
height = int(ARG2)

set encoding utf8
set datafile separator "\t"
sheet_title = time_label = subtitle = ""
stats 'sheet.tsv' using (sheet_title = strcol(1), time_label = strcol(2), subtitle = strcol(3), 0) nooutput
stats 'panels.tsv' using (0) nooutput
n = int(STATS_records)
array title[n]
array label[n]
array low[n]
array high[n]
array last[n]
array kind[n]
array limits[n]
at(row) = int(row) + 1
stats 'panels.tsv' using (title[at($0)] = strcol(1), label[at($0)] = strcol(2), low[at($0)] = $3, \
	high[at($0)] = $4, last[at($0)] = $5, kind[at($0)] = strcol(6), limits[at($0)] = int($7), 0) nooutput

set terminal pngcairo size width,height font "DejaVu Sans,9.5" noenhanced background "#ffffff"
set output ARG3
left = 78.0 / width
right = 1 - 210.0 / width
bottom = 48.0 / height
top = 1 - 84.0 / height
set multiplot layout n,1 margins left,right,bottom,top spacing 0,54.0 / height
set label 1 sheet_title at screen 20.0 / width, screen 1 - 22.0 / height left font ",15" textcolor "#222222"
set label 3 subtitle at screen 20.0 / width, screen 1 - 46.0 / height left font ",10" textcolor "#666666"
set border 3 linecolor "#444444" linewidth 1
set tics nomirror scale 0.6 textcolor "#333333"
set grid xtics ytics back linetype 1 linecolor "#e6e6e6" linewidth 0.8
set key at graph 1.015, graph 1.02 left top vertical Left reverse samplen 3 spacing 1.15 noenhanced textcolor "#222222"
set dashtype 11 (10, 4)
set dashtype 12 (3, 4)
real = "#f0b27a"
dark = "#1f4e79"

do for [p = 1:n] {
	if (p > 1) { unset label 1; unset label 3 }
	set label 2 title[p] at graph 0, graph 1 left offset character 0, 0.8 font ",11" textcolor "#222222"
	set ylabel label[p] textcolor "#333333" offset 0.5, 0
	if (p == n) { set xlabel time_label textcolor "#333333" offset 0, 0.3 } else { unset xlabel }
	set xrange [0:last[p]]
	set yrange [low[p]:high[p]]
	f = sprintf("p%d-", p)
	if (kind[p] eq "points") {
		plot f."real.tsv" using 1:2 with points pointtype 7 pointsize 0.75 linecolor rgb real title "real kernel", \
		     f."sim.tsv" using 1:2 with points pointtype 7 pointsize 0.25 linecolor rgb dark title "simulation"
		continue
	}
	if (limits[p] == 0) {
		plot f."real.tsv" using 1:2 with lines linewidth 5 linecolor rgb real title "real kernel", \
		     f."sim.tsv" using 1:2 with lines linewidth 1.2 linecolor rgb dark title "simulation"
		continue
	}
	plot f."real.tsv" using 1:2 with lines linewidth 5 linecolor rgb real title "real kernel", \
	     f."sim.tsv" using 1:2 with lines linewidth 1.2 linecolor rgb dark title "simulation", \
	     for [i = 1:limits[p]] sprintf("%slimit-%d.tsv", f, i) using 1:2 with lines linewidth 1.2 \
			dashtype 10 + i linecolor rgb "#555555" title columnheader(1)
}
unset multiplot
unset output
