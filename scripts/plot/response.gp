# response.gp - draws what a sweep came to, over the values of one key or of two
#
#   gnuplot -d -c response.gp FORMAT WIDTH HEIGHT OUTPUT KEY
#
# Arguments as for sheet.gp.  Everything with a name in it is data in the present folder:
#
#   response.tsv   title, subtitle, "curve" or "map", label of the horizontal axis, of the vertical one, of the
#                  figure, lowest and highest value of the figure, how many panels, in how many columns, how
#                  many rows a map has, 1 for a logarithmic horizontal axis, 1 if each value has its mark, 1 if
#                  the values are words
#   xtics.tsv      position, label; ytics.tsv the same
#
# for a curve:
#   curve.tsv      position, mean, lowest and highest value that the mean may have
#   points.tsv     position, value of each point: if there are several seeds
#
# for maps, a panel each:
#   panels.tsv     number, title
#   map-1.tsv      column, row, value, text, colour of the text
#   row-1.tsv      label; column, value: the rows of the first panel once more, for text

format = ARG1
width = int(ARG2)
height = int(ARG3)
txt = format eq "txt"

set encoding utf8
set datafile separator "\t"
sheet_title = subtitle = kind = xname = yname = figure = ""
low = high = 0.0
n = columns = rows = logarithmic = ticked = words = 0
stats 'response.tsv' using (sheet_title = strcol(1), subtitle = strcol(2), kind = strcol(3), xname = strcol(4), \
	yname = strcol(5), figure = strcol(6), low = $7, high = $8, n = int($9), columns = int($10), \
	rows = int($11), logarithmic = int($12), ticked = int($13), words = int($14), 0) nooutput
stats 'xtics.tsv' using (0) nooutput
nx = int(STATS_records)
spread = 0
if (kind eq "curve") {
	stats 'curve.tsv' using ($4 - $3) nooutput
	spread = STATS_max > 0
}

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
set tics nomirror scale 0.6 textcolor "#333333"
if (logarithmic) { set logscale x 10 }

if (txt) {
	set border 3
	set title sheet_title.", ".figure
	set xlabel xname
	set yrange [low:high]
	set key below left Left reverse horizontal samplen 2
	if (ticked) { set xtics () }
	if (kind eq "curve") {
		if (ticked) {
			plot 'curve.tsv' using 1:2:xtic(5) with linespoints notitle
		} else {
			plot 'curve.tsv' using 1:2 with linespoints notitle
		}
	} else {
		set xrange [0.5:nx + 0.5]
		plot 'xtics.tsv' using 1:(low):xtic(2) with dots notitle, \
		     for [i = 1:rows] sprintf("row-%d.tsv", i) using 1:2 with linespoints title columnheader(1)
	}
	unset output
	exit
}

set label 1 sheet_title at screen 20.0 / width, screen 1 - 22.0 / height left font ",15" textcolor "#222222"
set label 3 subtitle at screen 20.0 / width, screen 1 - 46.0 / height left font ",10" textcolor "#666666"
set border 3 linecolor "#444444" linewidth 1

if (kind eq "curve") {
	set lmargin at screen 88.0 / width
	set rmargin at screen 1 - 30.0 / width
	set bmargin at screen 60.0 / height
	set tmargin at screen 1 - (spread ? 90.0 : 70.0) / height
	set grid xtics ytics back linetype 1 linecolor "#e6e6e6" linewidth 0.8
	set key at graph 1, graph 1.01 right bottom horizontal samplen 2.5 noenhanced textcolor "#222222"
	set xlabel xname textcolor "#333333" offset 0, 0.2
	set ylabel figure textcolor "#333333" offset 0.5, 0
	set yrange [low:high]
	set autoscale xfix
	set offsets graph 0.03, graph 0.03, 0, 0
	if (ticked) {
		# each value has its mark
		array place[nx]
		array name[nx]
		stats 'xtics.tsv' using (place[int($0) + 1] = $1, name[int($0) + 1] = strcol(2), 0) nooutput
		set xtics ()
		do for [i = 1:nx] { set xtics add (name[i] place[i]) }
	}
	if (words) {
		# there is nothing between two words: no line
		plot 'curve.tsv' using 1:2:3:4 with yerrorbars linewidth 1.5 pointtype 7 pointsize 0.9 linecolor rgb "#0072b2" \
				title (spread ? "mean, with its 95 % interval" : ""), \
		     'points.tsv' using (spread ? $1 : 1/0):2 with points pointtype 7 pointsize 0.4 linecolor rgb "#7f7f7f" title (spread ? "a seed" : "")
	} else {
		if (spread) {
			plot 'curve.tsv' using 1:3:4 with filledcurves fillcolor rgb "#cfe3f2" title "95 % interval of the mean", \
			     'points.tsv' using 1:2 with points pointtype 7 pointsize 0.4 linecolor rgb "#7f7f7f" title "a seed", \
			     'curve.tsv' using 1:2 with linespoints linewidth 1.8 pointtype 7 pointsize 0.7 linecolor rgb "#0072b2" title "mean"
		} else {
			plot 'curve.tsv' using 1:2 with linespoints linewidth 1.8 pointtype 7 pointsize 0.7 linecolor rgb "#0072b2" notitle
		}
	}
	unset output
	exit
}

# Light is high, dark is low: the same order for eyes of every kind, and in print without colours.
set palette defined (0 "#3b0f70", 0.25 "#8c2981", 0.5 "#de4968", 0.75 "#fe9f6d", 1 "#fcfdbf")
set cbrange [low:high > low ? high : low + 0.1 * abs(low) + 1]
array title[n]
at(row) = int(row) + 1
stats 'panels.tsv' using (title[at($0)] = strcol(2), $1) nooutput
lines = (n + columns - 1) / columns
key = int(ARG5)
set multiplot layout lines,columns margins 92.0 / width, 1 - (key + 20.0) / width, 62.0 / height, 1 - 88.0 / height \
	spacing 40.0 / width, 58.0 / height
set cblabel figure textcolor "#333333" offset 1, 0
set xrange [0.5:nx + 0.5]
stats 'ytics.tsv' using (0) nooutput
set yrange [0.5:int(STATS_records) + 0.5]
set border 0
set tics scale 0
# what is not there is grey
set object 1 rectangle from graph 0, 0 to graph 1, 1 behind fillcolor rgb "#dcdcdc" fillstyle solid noborder
do for [p = 1:n] {
	if (p > 1) { unset label 1; unset label 3 }
	if (p < n) {
		unset colorbox
	} else {
		set colorbox user origin screen 1 - (key - 4.0) / width, screen 62.0 / height size screen 16.0 / width, screen 1 - 150.0 / height
	}
	set label 2 title[p] at graph 0, graph 1 left offset character 0, 0.7 font ",11" textcolor "#222222"
	set xtics ()
	set ytics ()
	if ((p - 1) % columns == 0) { set ylabel yname textcolor "#333333" } else { unset ylabel }
	if (p > n - columns) { set xlabel xname textcolor "#333333" offset 0, 0.2 } else { unset xlabel }
	m = sprintf("map-%d.tsv", p)
	plot m using 1:2:3 with image pixels notitle, \
	     m using 1:2:4:5 with labels font ",9" textcolor rgb variable notitle, \
	     'xtics.tsv' using 1:(0.5):xtic(2) with dots linecolor rgb "#ffffff" notitle, \
	     'ytics.tsv' using (0.5):1:ytic(2) with dots linecolor rgb "#ffffff" notitle
}
unset multiplot
unset output
