# sheet.gp - draws the sheet whose data lies in the present folder
#
#   gnuplot -d -c sheet.gp FORMAT WIDTH HEIGHT OUTPUT KEY
#
# FORMAT is svg, png, pdf or txt; WIDTH and HEIGHT are pixels, for txt characters; KEY is the part of
# WIDTH for the key.  Everything with
# a name in it is data, never part of a script:
#
#   sheet.tsv            title, label of the time axis, its first and last value, question
#   panels.tsv           a row per panel, from top to bottom: title, label of the value axis, lowest
#                        and highest value, 1 for a logarithmic axis, then how many series there are
#                        of shades, limits, lines and points; 0 and the looks of lines, of points
#   p1-shade-1.tsv ...   label, then rows: from, to
#   p1-limit-1.tsv ...   label, then rows: time, value
#   p1-line-1.tsv ...    the same; an empty row ends a stretch
#   p1-point-1.tsv ...   the same

format = ARG1
width = int(ARG2)
height = int(ARG3)
txt = format eq "txt"

set encoding utf8
set datafile separator "\t"

# What is drawn, and how much of it.
sheet_title = time_label = question = ""
first = last = 0.0
stats 'sheet.tsv' using (sheet_title = strcol(1), time_label = strcol(2), first = $3, last = $4, \
	question = strcol(5), 0) nooutput
stats 'panels.tsv' using (0) nooutput
n = int(STATS_records)
array title[n]
array label[n]
array low[n]
array high[n]
array logarithmic[n]
array shades[n]
array limits[n]
array lines[n]
array points[n]
array line_looks[n]
array point_looks[n]
at(row) = int(row) + 1
stats 'panels.tsv' using (title[at($0)] = strcol(1), label[at($0)] = strcol(2), \
	low[at($0)] = $3, high[at($0)] = $4, logarithmic[at($0)] = int($5), \
	shades[at($0)] = int($6), limits[at($0)] = int($7), \
	lines[at($0)] = int($8), points[at($0)] = int($9), \
	line_looks[at($0)] = strcol(10), point_looks[at($0)] = strcol(11), 0) nooutput
look(list, i) = int(word(list, i + 1)) # the first word is 0: a loop over none looks there
file(panel, kind, i) = sprintf("p%d-%s-%d.tsv", panel, kind, i)

if (format eq "svg") {
	set terminal svg size width,height dynamic font "DejaVu Sans,Arial,sans-serif,12" noenhanced background "#ffffff"
}
if (format eq "png") {
	set terminal pngcairo size width,height font "DejaVu Sans,9.5" noenhanced background "#ffffff"
}
if (format eq "pdf") {
	set terminal pdfcairo size width / 96.0, height / 96.0 font "DejaVu Sans,9.5" noenhanced background "#ffffff"
}
if (txt) {
	set terminal dumb size width,height noenhanced mono
}
set output ARG4

# Colours that people with any kind of colour vision tell apart (Okabe and Ito); marks and dashes
# tell the series apart without any colour.
array colour[8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f"]
array mark[8] = [7, 5, 9, 13, 11, 15, 1, 2]
array shade[3] = ["#fbedb0", "#f3c6b4", "#d9d9d9"]
pick(i, of) = (i + of - 1) % of + 1
set dashtype 11 (10, 4)
set dashtype 12 (3, 4)
set dashtype 13 (12, 4, 2, 4)
set dashtype 14 (18, 5)
set dashtype 15 (1, 3)

if (txt) {
	set style line 1 pt 1
	set tics scale 0.5
	set border 3
	set tics nomirror
	# one drawing below the other; multiplot would put them into one
	do for [p = 1:n] {
		set title (p == 1 ? sheet_title.": " : "").title[p].", ".label[p]
		set xlabel (p == n ? time_label : "")
		set xrange [first:last]
		if (logarithmic[p]) { set logscale y 10 } else { unset logscale y }
		set yrange [low[p]:high[p]]
		set key below left Left reverse horizontal samplen 2
		near_axis = logarithmic[p] ? low[p] * (high[p] / low[p]) ** 0.05 : low[p] + (high[p] - low[p]) * 0.05
		plot for [i = 1:shades[p]] file(p, "shade", i) using 1:(near_axis):($2-$1):(0) with vectors nohead title columnheader(1), \
		     for [i = 1:limits[p]] file(p, "limit", i) using 1:2 with lines title columnheader(1), \
		     for [i = 1:lines[p]] file(p, "line", i) using 1:2 with lines title columnheader(1), \
		     for [i = 1:points[p]] file(p, "point", i) using 1:2 with points title columnheader(1)
	}
	unset output
	exit
}

# numbers of six digits and more need room beside the label of their axis
wide = 0
do for [p = 1:n] { if (high[p] >= 99999.5) { wide = 1 } }
left = (wide ? 96.0 : 78.0) / width
right = 1 - (int(ARG5) + 10.0) / width
bottom = 48.0 / height
top = 1 - 84.0 / height
gap = 40.0 / height

set multiplot layout n,1 margins left,right,bottom,top spacing 0,gap
set label 1 sheet_title at screen 20.0 / width, screen 1 - 22.0 / height left font ",15" textcolor "#222222"
set label 3 question at screen 20.0 / width, screen 1 - 46.0 / height left font ",10" textcolor "#666666"
set border 3 linecolor "#444444" linewidth 1
set tics nomirror scale 0.6 textcolor "#333333"
set grid xtics ytics back linetype 1 linecolor "#e6e6e6" linewidth 0.8
set key at graph 1.015, graph 1.02 left top vertical maxcols 1 Left reverse invert samplen 3 spacing 1.15 noenhanced textcolor "#222222"
set style fill solid 1.0 noborder
set xrange [first:last]

do for [p = 1:n] {
	if (p > 1) { unset label 1; unset label 3 }
	set label 2 title[p] at graph 0, graph 1 left offset character 0, 0.8 font ",11" textcolor "#222222"
	set ylabel label[p].(logarithmic[p] ? ", log scale" : "") textcolor "#333333" offset (high[p] >= 99999.5 ? -0.5 : 0.5), 0
	if (p == n) {
		set xlabel time_label textcolor "#333333" offset 0, 0.3
		set format x "%g"
	} else {
		unset xlabel
		set format x ""
	}
	if (logarithmic[p]) {
		set logscale y 10
		set mytics 10
	} else {
		unset logscale y
		set mytics default
	}
	set format y "%g"
	set yrange [low[p]:high[p]]
	# What is drawn last lies on top and comes first in the key.  Shades go from what is often (kswapd works) to what is
	# not (direct reclaim, while kswapd works as well): the seldom ones must not be hidden.
	plot for [i = 1:shades[p]] file(p, "shade", i) using 1:(low[p]):1:2:(low[p]):(high[p]) \
			with boxxyerror fillcolor rgb shade[pick(i, 3)] title columnheader(1), \
	     for [i = limits[p]:1:-1] file(p, "limit", i) using 1:2 \
			with lines linewidth 1.3 dashtype 10 + pick(i, 5) linecolor rgb "#333333" title columnheader(1), \
	     for [i = points[p]:1:-1] file(p, "point", i) using 1:2 \
			with points pointtype mark[pick(look(point_looks[p], i), 8)] pointsize 0.35 linecolor rgb colour[pick(look(point_looks[p], i), 8)] title columnheader(1), \
	     for [i = lines[p]:1:-1] file(p, "line", i) using 1:2 \
			with linespoints linewidth 1.8 pointtype mark[pick(look(line_looks[p], i), 8)] pointsize 0.6 pointnumber 8 \
			linecolor rgb colour[pick(look(line_looks[p], i), 8)] title columnheader(1)
}
unset multiplot
unset output
